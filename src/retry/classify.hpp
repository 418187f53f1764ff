// What an attempt may have changed on the service, and whether it may be repeated.
#pragma once

#include "model/decode.hpp"
#include "retry/operation_kind.hpp"
#include "retry/provenance.hpp"

#include <sipher/attempt.hpp>

#include <boost/system/error_code.hpp>

namespace sipher::detail {

/// The transport's facts about an attempt.
struct transport_facts {
    /// Its error code; no error if a complete response was received.
    boost::system::error_code code;
    phase reached = phase::waiting;
    /// The connection could not be established, and a retry would fail, too.
    bool permanent = false;
    /// The server aborted the TLS handshake after it was complete on this side.
    bool handshake_refused = false;
    bool reused = false;
    /// The kernel accepted all bytes of the request.
    bool fully_written = false;
    /// HTTP status of a response whose header is complete, even if its body is not; otherwise 0.
    unsigned status = 0;
};

/// What a response proves.
struct response_facts {
    provenance from = provenance::none;
    /// The service's envelope reports success, and whether the result could be decoded.
    bool success = false;
    bool usable = false;
    /// The body is truncated, empty or not JSON, and the header does not indicate a page.
    bool unreadable = false;
    /// An interim response said that the request was accepted.
    bool was_accepted = false;
};

/// All facts about an attempt once it has ended.
struct attempt_facts : transport_facts, response_facts {
    operation_kind kind = operation_kind::read;
    /// The kernel accepted bytes of the request.
    bool any_written = false;
    /// The request fits into one TLS record, so the server cannot read a part of it.
    bool fits_one_record = true;
    /// The code of the service's error.
    service_code says = service_code::other;
    bool says_retryable = false;
    /// The service reports a state instead of an error, as its health endpoints do.
    bool reports_state = false;
    /// An earlier attempt of the same call may have been applied.
    bool ambiguous_before = false;
    bool retry_updates = true;
};

enum class action {
    succeed,
    /// Success, although the service does not know the session: an earlier attempt of the same call removed it.
    succeed_already_absent,
    fail,
    /// Retry after a delay, which counts as an attempt.
    retry,
    /// Repeat at once on a new connection, because the one used had ended unnoticed. Only once in a call.
    replay,
};

struct verdict {
    action what = action::fail;
    /// What this attempt alone may have changed.
    sipher::outcome outcome = sipher::outcome::unknown;
    boost::system::error_code code;
    /// Must not be repeated, because that might apply the request twice.
    bool not_repeatable = false;
    /// The service asks for fewer requests.
    bool throttled = false;
};

/// Decides according to the table of operations and points of failure.
[[nodiscard]] verdict classify(const attempt_facts& facts);

} // namespace sipher::detail
