// The policies of a rate limit in header fields.
#pragma once

#include "base/structured_field.hpp"

#include <boost/container/static_vector.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace sipher::detail {

/// The longest plausible window.
constexpr std::chrono::seconds longest_rate_window = std::chrono::days{31};

/// The end of a window: time from now, or time since the Unix epoch.
struct window_end {
    std::chrono::milliseconds value{};
    bool is_instant = false;
};

/// Interprets a number: seconds from now, or a time since the Unix epoch in seconds or milliseconds.
[[nodiscard]] std::optional<window_end> end_of_number(std::int64_t number);
/// Reads a number, possibly with a fraction, or a date.
[[nodiscard]] std::optional<window_end> read_window_end(std::string_view text);
/// Reads a number, or the same number several times, as a gateway may join fields.
[[nodiscard]] std::optional<unsigned> read_count(std::string_view text);

struct rate_policy {
    /// Identifies the policy; 0: no name.
    std::uint64_t name = 0;
    bool counts_requests = true;
    std::optional<unsigned> limit;
    std::optional<unsigned> remaining;
    std::optional<std::chrono::seconds> window;
    std::optional<window_end> reset;

    [[nodiscard]] bool says_anything() const noexcept { return limit || remaining; }
};

constexpr std::size_t most_rate_policies = 4;
using rate_policy_list = boost::container::static_vector<rate_policy, most_rate_policies>;

/// Collects the policies of a structured field: of `RateLimit-Policy` and `RateLimit`, and of older drafts, which have
/// a number in place of the name.
class rate_policy_collector final : public structured_field_visitor {
public:
    explicit rate_policy_collector(rate_policy_list known) : found(std::move(known)) {}

    void on_member(std::string_view key, const structured_item& value) override;
    void on_parameter(std::string_view key, const structured_item& value) override;

    rate_policy_list found;
    /// From `RateLimit: limit=100, remaining=50, reset=5`.
    rate_policy single;
    std::optional<unsigned> first_number;

private:
    void on_draft_7(std::string_view key, const structured_item& value);
    [[nodiscard]] rate_policy* find(std::uint64_t name);

    rate_policy* current_ = nullptr;
    std::optional<unsigned> number_;
};

} // namespace sipher::detail
