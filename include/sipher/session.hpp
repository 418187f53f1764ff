#pragma once

#include <sipher/config.hpp>
#include <sipher/enumerations.hpp>
#include <sipher/secret.hpp>
#include <sipher/session_id.hpp>

#include <chrono>
#include <iosfwd>
#include <optional>
#include <type_traits>

namespace sipher {

/// A point in time as the service writes it: milliseconds since the Unix epoch.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Defaults for later requests under a session. Every member is optional; the service omits members never set. An
/// update can replace a default but not unset it.
struct SIPHER_API session_defaults {
    session_defaults() = default;

    std::optional<sipher::chain> chain;
    std::optional<sipher::privacy_level> privacy_level;
    std::optional<sipher::rpc_provider> rpc_provider;
    std::optional<sipher::backend> backend;
    /// `0x` and hexadecimal digits. Sensitive: it is sent only to the service and never printed.
    std::optional<secret> default_viewing_key;

    friend bool operator==(const session_defaults&, const session_defaults&) = default;
};

/// A session as the service knows it.
struct SIPHER_API session {
    /// Empty: Asio needs a default-constructible result for calls that fail.
    session() = default;
    session(session_id id_value, timestamp expiry) : id(id_value), expires_at(expiry) {}

    /// Whether it has expired by this machine's wall clock, which may differ from the service's. The client never
    /// refuses a request because of this.
    [[nodiscard]] bool is_expired(
        timestamp now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now())) const noexcept
    {
        return now >= expires_at;
    }

    session_id id;
    session_defaults defaults;
    /// Absent in the response to an update.
    std::optional<timestamp> created_at;
    /// Fixed at creation: using or updating a session never prolongs it.
    timestamp expires_at{};
    /// Absent in the response to a create.
    std::optional<timestamp> last_accessed_at;

    friend bool operator==(const session&, const session&) = default;
};

/// The response to a delete.
struct SIPHER_API deleted_session {
    deleted_session() = default;
    explicit deleted_session(session_id id_value) : id(id_value) {}

    session_id id;
    /// The service responded with 404 to a retry of an attempt that may have been applied: the session is gone, very
    /// likely deleted by this call.
    bool already_absent = false;

    friend bool operator==(const deleted_session&, const deleted_session&) = default;
};

/// Writes the value as JSON on one line; a viewing key appears as `[secret]`, an id in its short form.
SIPHER_API std::ostream& operator<<(std::ostream& os, const session_defaults& defaults);
SIPHER_API std::ostream& operator<<(std::ostream& os, const session& value);
SIPHER_API std::ostream& operator<<(std::ostream& os, const deleted_session& value);

static_assert(!std::is_aggregate_v<session_defaults>);
static_assert(!std::is_aggregate_v<session>);
static_assert(!std::is_aggregate_v<deleted_session>);

} // namespace sipher
