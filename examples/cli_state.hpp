#pragma once

#include <sipher/session.hpp>
#include <sipher/session_id.hpp>

#include <string>
#include <vector>

/// The stored data of a session. No defaults, because one of them is a secret.
struct known_session {
    known_session() = default;
    known_session(sipher::session_id id_value, sipher::timestamp end) : id(id_value), expires_at(end) {}

    sipher::session_id id;
    sipher::timestamp expires_at{};
};

/// The sessions that this program created, in the file named by SIPHER_STATE_FILE: one per line, with the id and the
/// expiry in milliseconds since 1970. Several processes may use it at the same time. Without the variable, everything
/// is a no-op.
class state_file {
public:
    /// @throws sipher::error when the file cannot be used: before sending anything that could then not be recorded.
    static state_file from_environment();

    [[nodiscard]] bool is_on() const { return !path_.empty(); }

    /// Sessions not expired by this machine's clock; the others are removed from the file.
    [[nodiscard]] std::vector<known_session> sessions() const;

    // The service has already acted, so these do not throw, but report what could not be recorded.

    void add(const sipher::session& made) const;

    void remove(const std::vector<sipher::session_id>& gone) const;

private:
    std::string path_;
};
