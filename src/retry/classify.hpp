// What an attempt may have changed at the service, and whether it may be repeated.
#pragma once

#include "model/decode.hpp"
#include "retry/operation_kind.hpp"
#include "retry/provenance.hpp"

#include <sipher/attempt.hpp>

#include <boost/system/error_code.hpp>

namespace sipher::detail {

/// What the transport knows of an attempt.
struct transport_facts {
    /// What it says; no error when a whole response came.
    boost::system::error_code code;
    phase reached = phase::waiting;
    /// The connection could not be made, and would not be the next time.
    bool permanent = false;
    /// The server gave up the TLS handshake when this side was through with it.
    bool handshake_refused = false;
    bool reused = false;
    /// The kernel accepted all bytes of the request.
    bool fully_written = false;
    /// HTTP status of a response whose header is complete, even if its body is not; else 0.
    unsigned status = 0;
};

/// What a response proves.
struct response_facts {
    provenance from = provenance::none;
    /// The service's envelope says that it did what was asked, and whether the result could be decoded.
    bool success = false;
    bool usable = false;
    /// The body is cut, empty or no JSON, and nothing in the header says that it is a page.
    bool unreadable = false;
};

/// What is known about an attempt once it ended.
struct attempt_facts : transport_facts, response_facts {
    operation_kind kind = operation_kind::read;
    /// The kernel accepted bytes of the request.
    bool any_written = false;
    /// The request fits into one TLS record, so a part of it tells the server nothing.
    bool fits_one_record = true;
    /// Of the service's error.
    service_code says = service_code::other;
    bool says_retryable = false;
    /// The service reports a state instead of an error, as its health endpoints do.
    bool reports_state = false;
    /// An attempt of the same call before this one may have been applied.
    bool ambiguous_before = false;
    bool retry_updates = true;
};

enum class action {
    succeed,
    /// Success, although the service does not know the session: an earlier attempt of the same call removed it.
    succeed_already_absent,
    fail,
    /// Again after a delay, at the cost of an attempt.
    retry,
    /// Again at once on a new connection: the one that was used had ended unnoticed. Only once in a call.
    replay,
};

struct verdict {
    action what = action::fail;
    /// What this attempt alone may have changed.
    sipher::outcome outcome = sipher::outcome::unknown;
    boost::system::error_code code;
    /// A repetition is out of the question because it might apply the request twice.
    bool not_repeatable = false;
    /// The service asks for less.
    bool throttled = false;
};

/// Decides by the table of operations and points of failure.
[[nodiscard]] verdict classify(const attempt_facts& facts);

} // namespace sipher::detail
