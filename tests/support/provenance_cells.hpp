#pragma once

#include <sipher/attempt.hpp>
#include <sipher/session_id.hpp>
#include <sipher/testing/fault.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Responses of every kind at every position in a call, with the contract's rule for each. The rules follow the
/// contract's wording and share nothing with the library's own table.
namespace sipher::test {

/// The form of a response.
enum class response_form {
    envelope,
    /// The envelope with an unused member nested 40 deep, or with a byte that is not UTF-8.
    envelope_deep,
    envelope_not_utf8,
    /// The envelope, truncated in its body: the connection ends too early, or an intermediary lost the rest.
    envelope_cut,
    envelope_lost_its_end,
    other_json,
    other_json_deep,
    other_json_not_utf8,
    html,
    plain_text,
    empty,
    /// The exact response that the service's HTTP server sends before it has a request, with and without a
    /// Content-Length.
    bare,
    bare_unframed,
    /// The same with one difference: it announces a body and ends, it has a body, or the connection stays open.
    bare_cut,
    bare_with_body,
    bare_and_open,
};

// clang-format off
inline constexpr std::array<const char*, 16> response_form_names{
    "envelope", "envelope_deep", "envelope_not_utf8", "envelope_cut", "envelope_lost_its_end",
    "other_json", "other_json_deep", "other_json_not_utf8", "html", "plain_text", "empty",
    "bare", "bare_unframed", "bare_cut", "bare_with_body", "bare_and_open"};
// clang-format on

enum class session_operation { create, get, update, remove };

inline constexpr std::array<const char*, 4> session_operation_names{"create", "get", "update", "delete"};

/// What preceded the response in the same call.
enum class call_position {
    first,
    /// A gateway's 502, with or without an effect on the service.
    after_unknown_applied,
    after_unknown_not_applied,
    /// The HTTP server's 408.
    after_refusal,
};

enum class response_maker { service, http_server, intermediary };

struct provenance_cell {
    response_form form = response_form::envelope;
    session_operation operation = session_operation::create;
    unsigned status = 200;
    call_position position = call_position::first;
    /// Whether the service acts on the request that receives the response.
    bool acts = false;
};

[[nodiscard]] std::string name_of(const provenance_cell& cell);
[[nodiscard]] bool is_success(unsigned status) noexcept;
[[nodiscard]] response_maker maker_of(const provenance_cell& cell);
/// A 2xx to a delete with a missing or broken body counts as proof; a page or other JSON does not.
[[nodiscard]] bool proves_a_delete(const provenance_cell& cell);
/// The connection ends inside the response.
[[nodiscard]] bool is_cut(const provenance_cell& cell) noexcept;
/// Before the cell's response, the call has sent a request that may have been applied.
[[nodiscard]] bool is_after_unknown(const provenance_cell& cell);
/// A create is then not sent a second time, so the cell's response is never reached.
[[nodiscard]] bool is_never_reached(const provenance_cell& cell);

/// How a call has to end. Unset members are not checked.
struct call_expectation {
    std::optional<bool> succeeds;
    /// The outcome of the whole call, if it fails.
    std::optional<outcome> effect;
    /// Requests after the one that receives the cell's response.
    std::optional<std::uint64_t> repetitions;
};

[[nodiscard]] call_expectation expect_of(const provenance_cell& cell);
/// The outcome of the attempt that receives the cell's response, if that attempt is reported as failed.
[[nodiscard]] std::optional<outcome> effect_of_attempt(const provenance_cell& cell);

/// All cells in which the peer obeys the contract: other peers prove nothing about the client.
[[nodiscard]] std::vector<provenance_cell> cells_of(response_form form, session_operation operation);

/// The response of the cell to a request about the session `mine`, and the response before it.
[[nodiscard]] testing::fault response_of(const provenance_cell& cell, const session_id& mine);
[[nodiscard]] std::optional<testing::fault> response_before(call_position position);

} // namespace sipher::test
