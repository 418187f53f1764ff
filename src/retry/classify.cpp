#include "retry/classify.hpp"

#include "errors/foreign_status.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

namespace sipher::detail {

namespace {

using boost::system::error_code;

verdict conclude(action what, outcome effect, const error_code& code)
{
    verdict result;
    result.what = what;
    result.outcome = effect;
    result.code = code;
    return result;
}

/// Proven not applied: any request may be repeated.
verdict not_applied(const error_code& code, outcome effect = outcome::not_applied)
{
    return conclude(action::retry, effect, code);
}

/// Unknown whether it was applied: only idempotent requests may be repeated.
verdict ambiguous(const attempt_facts& facts, const error_code& code)
{
    const bool allowed = is_idempotent(facts.kind) && (facts.kind != operation_kind::update || facts.retry_updates);
    verdict result = conclude(allowed ? action::retry : action::fail, outcome::unknown, code);
    result.not_repeatable = !allowed;
    return result;
}

verdict no_connection(const attempt_facts& facts)
{
    const bool transient = facts.code == errc::resolve_failed || facts.code == errc::connect_failed ||
                           facts.code == errc::proxy_failed || facts.code == errc::tls_handshake_failed;
    return conclude(transient && !facts.permanent ? action::retry : action::fail, outcome::not_sent, facts.code);
}

outcome effect_of_bytes(const attempt_facts& facts)
{
    if (!facts.any_written) {
        return outcome::not_sent;
    }
    // The server cannot read any part of an incomplete TLS record.
    return facts.fully_written || !facts.fits_one_record ? outcome::unknown : outcome::not_applied;
}

verdict transport_failure(const attempt_facts& facts)
{
    if (facts.reached < phase::writing) {
        return no_connection(facts);
    }
    if (facts.handshake_refused) {
        return conclude(action::fail, facts.any_written ? outcome::not_applied : outcome::not_sent, facts.code);
    }
    if (facts.code == boost::asio::error::operation_aborted || facts.code == errc::client_closed ||
        facts.code == errc::protocol_error) {
        return conclude(action::fail, effect_of_bytes(facts), facts.code);
    }
    if (effect_of_bytes(facts) != outcome::unknown) {
        verdict result = not_applied(facts.code, effect_of_bytes(facts));
        result.what = facts.reused ? action::replay : action::retry;
        return result;
    }
    verdict result = ambiguous(facts, facts.code);
    if (result.what == action::retry && facts.reused && facts.code == errc::no_response) {
        result.what = action::replay;
    }
    return result;
}

verdict refused_for_now(const attempt_facts& facts, const error_code& code)
{
    verdict result = not_applied(code);
    result.throttled = true;
    if (facts.says == service_code::daily_quota) {
        // The quota is renewed at midnight: no call waits for that.
        result.what = action::fail;
    }
    return result;
}

verdict server_error(const attempt_facts& facts, const error_code& code)
{
    verdict result = ambiguous(facts, code);
    if (facts.status == 503) {
        if (facts.says == service_code::unavailable) {
            result = not_applied(code);
        } else if (facts.reports_state && facts.kind == operation_kind::read) {
            return conclude(action::fail, outcome::not_applied, code);
        }
        result.throttled = true;
    } else if (facts.status != 502 && facts.status != 504 && (facts.status != 500 || !facts.says_retryable)) {
        return conclude(action::fail, outcome::unknown, code);
    }
    return result;
}

verdict said_by_service(const attempt_facts& facts)
{
    const error_code code{static_cast<int>(facts.status), service_category()};
    if (facts.success) {
        const bool only_reads = facts.kind == operation_kind::read;
        return facts.usable ? conclude(action::succeed, outcome::not_applied, {})
                            : conclude(action::fail, only_reads ? outcome::unknown : outcome::applied_result_lost,
                                       errc::bad_payload);
    }
    if (facts.says == service_code::session_gone && facts.kind == operation_kind::remove && facts.ambiguous_before) {
        return conclude(action::succeed_already_absent, outcome::not_applied, {});
    }
    switch (facts.status) {
    case 408: return ambiguous(facts, code); // It gave up while processing the request.
    case 421: return conclude(action::replay, outcome::not_applied, code);
    case 425: return not_applied(code);
    case 429: return refused_for_now(facts, code);
    default: break;
    }
    if (facts.status >= 500) {
        return server_error(facts, code);
    }
    return conclude(action::fail, facts.status >= 400 ? outcome::not_applied : outcome::unknown, code);
}

/// The HTTP server refuses only input that it could not read as a complete request; after a 408, a retry may succeed.
verdict said_by_http_server(const attempt_facts& facts)
{
    verdict result = not_applied({static_cast<int>(facts.status), service_category()});
    result.what = facts.status == 408 ? action::retry : action::fail;
    return result;
}

verdict said_by_intermediary(const attempt_facts& facts)
{
    const foreign_status row = read_foreign_status(facts.status);
    const error_code code =
        facts.code ? facts.code : error_code{static_cast<int>(facts.status), intermediary_category()};
    // A request that the client did not send in full did not pass the intermediary.
    const bool kept_back = facts.status >= 400 && !facts.fully_written;
    const bool not_processed = (row.not_applied && !facts.was_accepted) || kept_back;
    verdict result = not_processed ? not_applied(code) : ambiguous(facts, code);
    result.throttled = row.throttled;
    if (facts.status == 421 && not_processed) {
        result.what = action::replay;
    } else if (!row.transient && !facts.code) {
        result.what = action::fail;
        result.not_repeatable = false;
    }
    const bool is_success = facts.status >= 200 && facts.status < 300;
    if (is_success && facts.kind == operation_kind::remove && facts.unreadable) {
        result.outcome = outcome::applied_result_lost;
        result.code = facts.code ? facts.code : errc::bad_payload;
    }
    return result;
}

} // namespace

verdict classify(const attempt_facts& facts)
{
    const bool given_up = facts.code == boost::asio::error::operation_aborted || facts.code == errc::client_closed;
    const bool not_a_response = facts.code == errc::protocol_error || facts.code == errc::desynchronized;
    if (facts.from == provenance::none || given_up || not_a_response) {
        return transport_failure(facts);
    }
    switch (facts.from) {
    case provenance::service: return said_by_service(facts);
    case provenance::http_server: return said_by_http_server(facts);
    default: return said_by_intermediary(facts);
    }
}

} // namespace sipher::detail
