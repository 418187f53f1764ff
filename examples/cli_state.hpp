#pragma once

#include <sipher/session.hpp>
#include <sipher/session_id.hpp>

#include <string>
#include <vector>

/// What is remembered of a session. No defaults: one of them is a secret.
struct known_session {
    known_session() = default;
    known_session(sipher::session_id id_value, sipher::timestamp end) : id(id_value), expires_at(end) {}

    sipher::session_id id;
    sipher::timestamp expires_at{};
};

/// The sessions that this program created, in the file that SIPHER_STATE_FILE names: a line each, with the id and the
/// end in milliseconds since 1970. Several processes may use it at a time. Without the variable all this does nothing.
class state_file {
public:
    /// @throws sipher::error when the file cannot be used: before anything is sent that could not be noted then.
    static state_file from_environment();

    [[nodiscard]] bool is_on() const { return !path_.empty(); }

    /// Those whose end has not come by this machine's clock; the file forgets the others.
    [[nodiscard]] std::vector<known_session> sessions() const;

    // What the service did is done, noted or not: these do not throw, but tell what could not be noted.

    void add(const sipher::session& made) const;

    void remove(const std::vector<sipher::session_id>& gone) const;

private:
    std::string path_;
};
