#include "retry/classify.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

namespace sipher::detail {

namespace {

verdict conclude(action what, outcome effect, const boost::system::error_code& code)
{
    verdict result;
    result.what = what;
    result.outcome = effect;
    result.code = code;
    return result;
}

/// Proven not to have been applied: anything may be repeated.
verdict not_applied(const boost::system::error_code& code, outcome effect = outcome::not_applied)
{
    return conclude(action::retry, effect, code);
}

/// Nobody knows whether it was applied: only what does no harm twice may be repeated.
verdict ambiguous(const attempt_facts& facts, const boost::system::error_code& code)
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
    // The server cannot read any of a TLS record without its end.
    return facts.fully_written || !facts.indivisible ? outcome::unknown : outcome::not_applied;
}

verdict transport_failure(const attempt_facts& facts)
{
    if (facts.reached < phase::writing) {
        return no_connection(facts);
    }
    if (facts.code == boost::asio::error::operation_aborted || facts.code == errc::client_closed) {
        return conclude(action::fail, effect_of_bytes(facts), facts.code);
    }
    if (facts.code == errc::protocol_error) {
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

verdict cut_success(const attempt_facts& facts)
{
    verdict result = ambiguous(facts, facts.code);
    result.outcome = outcome::applied_result_lost;
    return result;
}

verdict refused_for_now(const attempt_facts& facts, const boost::system::error_code& code)
{
    verdict result = not_applied(code);
    result.throttled = true;
    if (facts.is_daily_quota) {
        // It opens at midnight: no call waits for that.
        result.what = action::fail;
    }
    return result;
}

verdict server_error(const attempt_facts& facts, const boost::system::error_code& code)
{
    switch (facts.status) {
    case 500: {
        verdict result = ambiguous(facts, code);
        if (!facts.says_retryable) {
            result.what = action::fail;
        }
        return result;
    }
    case 503: {
        verdict result = facts.says_unavailable ? not_applied(code) : ambiguous(facts, code);
        result.throttled = true;
        return result;
    }
    case 502:
    case 504: return ambiguous(facts, code);
    default: return conclude(action::fail, outcome::unknown, code);
    }
}

verdict answered(const attempt_facts& facts)
{
    const boost::system::error_code code{static_cast<int>(facts.status), service_category()};
    switch (facts.status) {
    case 404:
        if (facts.kind == operation_kind::remove && facts.ambiguous_before) {
            return conclude(action::succeed_already_absent, outcome::not_applied, {});
        }
        break;
    case 408:
        // The service's application gave up while it was at work; its HTTP server gives up before it has a request.
        return facts.is_json ? ambiguous(facts, code) : not_applied(code);
    case 421: {
        verdict result = not_applied(code);
        result.what = action::replay;
        return result;
    }
    case 429: return refused_for_now(facts, code);
    default: break;
    }
    if (facts.status >= 500) {
        return server_error(facts, code);
    }
    if (facts.status >= 400) {
        return conclude(action::fail, outcome::not_applied, code);
    }
    return conclude(action::fail, outcome::unknown, code);
}

} // namespace

verdict classify(const attempt_facts& facts)
{
    const bool success = facts.status >= 200 && facts.status < 300;
    const bool refused = facts.status >= 400;
    const bool cut_short = facts.code == errc::incomplete_body || facts.code == errc::attempt_timeout;
    if (cut_short && success) {
        return cut_success(facts);
    }
    // A refusal stands, even if the words for it were cut off.
    const bool cut_words = facts.code == errc::incomplete_body;
    if (facts.code && !(refused && cut_words)) {
        return transport_failure(facts);
    }
    return success ? conclude(action::succeed, outcome::not_applied, {}) : answered(facts);
}

} // namespace sipher::detail
