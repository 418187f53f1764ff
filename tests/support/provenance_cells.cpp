#include "support/provenance_cells.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace sipher::test {

using testing::fault;

namespace {

template <class Value>
bool is_one_of(Value value, std::initializer_list<Value> values)
{
    return std::find(values.begin(), values.end(), value) != values.end();
}

/// Statuses that prove by themselves that the origin was not reached, whatever their source.
bool proves_not_reached(unsigned status)
{
    return is_one_of(status, {421U, 425U, 511U, 521U, 523U, 525U, 526U});
}

bool is_transient(unsigned status)
{
    return is_one_of(status, {408U, 425U, 429U, 502U, 503U, 504U, 529U, 530U}) || (status >= 520 && status <= 527);
}

/// Whether this status of the service declines the request: it did not act.
bool service_declines(unsigned status)
{
    return (status >= 400 && status < 500 && status != 408) || status == 503;
}

/// Whether a peer that obeys the contract behaves like this. Other peers prove nothing about the client.
bool is_honest(const provenance_cell& cell)
{
    const bool gone =
        cell.operation == session_operation::remove && cell.position == call_position::after_unknown_applied;
    if (cell.status == 204 && cell.form != response_form::empty) {
        return false;
    }
    if (proves_not_reached(cell.status) || maker_of(cell) == response_maker::http_server) {
        return !cell.acts;
    }
    if (maker_of(cell) != response_maker::service) {
        return cell.acts || gone || !proves_a_delete(cell);
    }
    if (is_success(cell.status)) {
        return cell.acts || gone;
    }
    const bool denies_it_exists =
        cell.operation == session_operation::remove && (cell.status == 404 || cell.status == 410);
    if (denies_it_exists && cell.position == call_position::after_unknown_not_applied) {
        return false;
    }
    return !(cell.acts && service_declines(cell.status));
}

call_expectation ends_here(outcome effect)
{
    return {false, effect, 0};
}

call_expectation succeeds_after(std::uint64_t repetitions)
{
    return {true, {}, repetitions};
}

/// The outcome of the whole call if this response is conclusive.
outcome not_applied_beyond_before(const provenance_cell& cell)
{
    return is_after_unknown(cell) ? outcome::unknown : outcome::not_applied;
}

call_expectation expect_of_service(const provenance_cell& cell)
{
    if (is_success(cell.status)) {
        return succeeds_after(0);
    }
    if (cell.form != response_form::envelope || cell.status == 421 || cell.status == 425) {
        return {};
    }
    if (cell.operation == session_operation::remove && is_after_unknown(cell) &&
        (cell.status == 404 || cell.status == 410)) {
        return succeeds_after(0);
    }
    switch (cell.status) {
    case 408: return cell.operation == session_operation::create ? ends_here(outcome::unknown) : succeeds_after(1);
    case 429:
    case 503: return succeeds_after(1);
    case 500: return ends_here(outcome::unknown);
    default: break;
    }
    return service_declines(cell.status) ? ends_here(not_applied_beyond_before(cell)) : call_expectation{};
}

call_expectation expect_of_intermediary_success(const provenance_cell& cell)
{
    const bool cut = is_cut(cell);
    if (cell.operation == session_operation::remove && proves_a_delete(cell)) {
        return cut ? call_expectation{} : ends_here(outcome::applied_result_lost);
    }
    return cut && cell.operation != session_operation::create ? succeeds_after(1) : ends_here(outcome::unknown);
}

call_expectation expect_of_intermediary(const provenance_cell& cell)
{
    if (is_success(cell.status)) {
        return expect_of_intermediary_success(cell);
    }
    if (cell.status == 421) {
        return succeeds_after(1);
    }
    if (cell.operation == session_operation::create && is_transient(cell.status) && proves_not_reached(cell.status)) {
        return {};
    }
    if (cell.operation != session_operation::create && cell.status == 500) {
        return {};
    }
    if (cell.operation != session_operation::create && is_transient(cell.status)) {
        return succeeds_after(1);
    }
    const outcome effect = proves_not_reached(cell.status) ? not_applied_beyond_before(cell) : outcome::unknown;
    // A connection that ended too early is itself a reason to repeat harmless requests.
    const bool harmless = cell.operation != session_operation::create || proves_not_reached(cell.status);
    const bool may_repeat = harmless && is_cut(cell);
    return may_repeat ? call_expectation{{}, effect, {}} : ends_here(effect);
}

std::string nested(std::size_t depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

constexpr std::size_t deep = 40;

std::string_view service_code(unsigned status)
{
    switch (status) {
    case 401: return "UNAUTHORIZED";
    case 403: return "TIER_ACCESS_DENIED";
    case 404: return "SESSION_NOT_FOUND";
    case 408: return "REQUEST_TIMEOUT";
    case 410: return "SESSION_EXPIRED";
    case 429: return "RATE_LIMIT_EXCEEDED";
    case 503: return "SERVICE_UNAVAILABLE";
    default: return status < 500 ? "VALIDATION_ERROR" : "INTERNAL_SERVER_ERROR";
    }
}

/// `ignored` is the value of a member that no operation reads.
std::string envelope(const provenance_cell& cell, const session_id& mine, const std::string& ignored)
{
    if (is_success(cell.status)) {
        return R"({"success":true,"data":{"note":)" + ignored + R"(,"sessionId":")" + mine.to_string() +
               R"(","defaults":{"chain":"near"},"createdAt":1795464000000,"expiresAt":1795467600000,)" +
               R"("lastAccessedAt":1795464000000,"deleted":true}})";
    }
    return R"({"success":false,"error":{"code":")" + std::string{service_code(cell.status)} +
           R"(","message":"as it happens","details":)" + ignored + "}}";
}

std::string body_of(const provenance_cell& cell, const session_id& mine)
{
    switch (cell.form) {
    case response_form::envelope:
    case response_form::envelope_cut: return envelope(cell, mine, R"("nothing")");
    case response_form::envelope_lost_its_end: {
        const std::string whole = envelope(cell, mine, R"("nothing")");
        return whole.substr(0, whole.size() - 3);
    }
    case response_form::envelope_deep: return envelope(cell, mine, nested(deep));
    case response_form::envelope_not_utf8: return envelope(cell, mine, "\"\xff\"");
    case response_form::other_json: return R"({"status":"error","message":"no healthy upstream"})";
    case response_form::other_json_deep: return R"({"message":)" + nested(deep) + "}";
    case response_form::other_json_not_utf8: return "{\"message\":\"\xff\"}";
    case response_form::html: return "<html><head><title>Something</title></head><body>something</body></html>";
    case response_form::plain_text: return "upstream connect error or disconnect/reset before headers";
    case response_form::empty:
    case response_form::bare:
    case response_form::bare_unframed:
    case response_form::bare_cut:
    case response_form::bare_with_body:
    case response_form::bare_and_open: break;
    }
    return {};
}

std::string type_of(response_form form)
{
    if (form == response_form::html) {
        return "text/html";
    }
    return form == response_form::plain_text ? "text/plain" : "";
}

fault bare_response(unsigned status)
{
    fault result = fault::foreign_page(status, "", "");
    result.headers.emplace_back("Connection", "close");
    return result;
}

/// The connection ends after it, regardless of its content.
fault raw_response(unsigned status, const char* rest)
{
    return fault::raw_response("HTTP/1.1 " + std::to_string(status) + " As It Is\r\n" + rest);
}

} // namespace

std::string name_of(const provenance_cell& cell)
{
    constexpr std::array<const char*, 4> positions{"first", "after_unknown_applied", "after_unknown_not_applied",
                                                   "after_refusal"};
    return std::string{response_form_names.at(static_cast<std::size_t>(cell.form))} + " " +
           std::to_string(cell.status) + " " + session_operation_names.at(static_cast<std::size_t>(cell.operation)) +
           " " + positions.at(static_cast<std::size_t>(cell.position)) + (cell.acts ? " acts" : " does not act");
}

bool is_success(unsigned status) noexcept
{
    return status >= 200 && status < 300;
}

response_maker maker_of(const provenance_cell& cell)
{
    if (is_one_of(cell.form,
                  {response_form::envelope, response_form::envelope_deep, response_form::envelope_not_utf8})) {
        return response_maker::service;
    }
    const bool bare = is_one_of(cell.form, {response_form::bare, response_form::bare_unframed});
    return bare && is_one_of(cell.status, {400U, 408U, 413U, 431U}) ? response_maker::http_server
                                                                    : response_maker::intermediary;
}

bool proves_a_delete(const provenance_cell& cell)
{
    const bool readable =
        is_one_of(cell.form, {response_form::html, response_form::plain_text, response_form::other_json,
                              response_form::other_json_deep, response_form::other_json_not_utf8});
    return cell.operation == session_operation::remove && is_success(cell.status) && !readable;
}

bool is_cut(const provenance_cell& cell) noexcept
{
    return cell.form == response_form::envelope_cut || cell.form == response_form::bare_cut;
}

bool is_never_reached(const provenance_cell& cell)
{
    return cell.operation == session_operation::create && is_after_unknown(cell);
}

bool is_after_unknown(const provenance_cell& cell)
{
    return cell.position == call_position::after_unknown_applied ||
           cell.position == call_position::after_unknown_not_applied;
}

call_expectation expect_of(const provenance_cell& cell)
{
    if (is_never_reached(cell)) {
        return {false, outcome::unknown, {}};
    }
    switch (maker_of(cell)) {
    case response_maker::service: return expect_of_service(cell);
    case response_maker::http_server:
        return cell.status == 408 ? succeeds_after(1) : ends_here(not_applied_beyond_before(cell));
    case response_maker::intermediary: break;
    }
    return expect_of_intermediary(cell);
}

std::optional<outcome> effect_of_attempt(const provenance_cell& cell)
{
    switch (maker_of(cell)) {
    case response_maker::service: return std::nullopt;
    case response_maker::http_server: return outcome::not_applied;
    case response_maker::intermediary: break;
    }
    if (proves_a_delete(cell)) {
        return outcome::applied_result_lost;
    }
    return proves_not_reached(cell.status) ? outcome::not_applied : outcome::unknown;
}

std::vector<provenance_cell> cells_of(response_form form, session_operation operation)
{
    constexpr std::array<unsigned, 30> statuses{200, 201, 204, 301, 400, 401, 403, 404, 408, 410,
                                                413, 421, 425, 429, 431, 500, 502, 503, 504, 511,
                                                520, 521, 522, 523, 524, 525, 526, 527, 529, 530};
    std::vector<provenance_cell> all;
    for (const unsigned status : statuses) {
        for (const call_position position : {call_position::first, call_position::after_unknown_applied,
                                             call_position::after_unknown_not_applied, call_position::after_refusal}) {
            for (const bool acts : {false, true}) {
                const provenance_cell cell{form, operation, status, position, acts};
                if (is_honest(cell)) {
                    all.push_back(cell);
                }
            }
        }
    }
    return all;
}

fault response_of(const provenance_cell& cell, const session_id& mine)
{
    fault result = fault::foreign_page(cell.status, type_of(cell.form), body_of(cell, mine));
    switch (cell.form) {
    case response_form::envelope_cut: {
        std::string& body = *result.body;
        result.headers.emplace_back("Content-Length", std::to_string(body.size()));
        result.headers.emplace_back("Content-Type", "application/json");
        body.resize(body.size() - 3);
        // All bytes, and then the end.
        result.cut_after = 100'000;
        break;
    }
    case response_form::empty: result.headers.emplace_back("Server", "gateway"); break;
    case response_form::bare: result = bare_response(cell.status); break;
    case response_form::bare_unframed: result = raw_response(cell.status, "Connection: close\r\n\r\n"); break;
    case response_form::bare_cut:
        result = raw_response(cell.status, "Connection: close\r\nContent-Length: 5\r\n\r\n");
        break;
    case response_form::bare_with_body:
        result = raw_response(cell.status, "Connection: close\r\nContent-Length: 5\r\n\r\nsorry");
        break;
    // `Connection: keep-alive` instead of `close`.
    case response_form::bare_and_open: result = fault::foreign_page(cell.status, "", ""); break;
    default: break;
    }
    result.act = cell.acts;
    return result;
}

std::optional<fault> response_before(call_position position)
{
    switch (position) {
    case call_position::first: break;
    case call_position::after_unknown_applied: return fault::edge_error(502, true);
    case call_position::after_unknown_not_applied: return fault::edge_error(502);
    case call_position::after_refusal: return bare_response(408);
    }
    return std::nullopt;
}

} // namespace sipher::test
