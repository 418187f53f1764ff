#include "retry/retry_after.hpp"

#include "base/field_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdint>

namespace sipher::detail {

namespace {

/// The range of nanoseconds, with room for additions.
constexpr std::chrono::milliseconds longest_wait =
    std::chrono::floor<std::chrono::milliseconds>(std::chrono::years{250});

using wait_time = std::optional<std::chrono::milliseconds>;

/// Calls `visit` for each part of `list`.
template <class Visit>
void split(std::string_view list, char separator, const Visit& visit)
{
    while (!list.empty()) {
        const auto end = std::min(list.find(separator), list.size());
        visit(trimmed(list.substr(0, end)));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
}

/// A number or a date.
wait_time parse_one(std::string_view value, std::string_view date, clock::wall_time wall)
{
    if (!value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos) {
        const auto seconds = to_number<std::int64_t>(value);
        return seconds && *seconds < longest_wait / std::chrono::seconds{1} ? std::chrono::seconds{*seconds}
                                                                            : longest_wait;
    }
    const auto until = parse_http_date(value);
    if (!until) {
        return std::nullopt;
    }
    const std::chrono::milliseconds wait = *until - parse_http_date(date).value_or(wall);
    return wait >= std::chrono::milliseconds::zero() ? std::optional{std::min(wait, longest_wait)} : std::nullopt;
}

} // namespace

std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view values, std::string_view date,
                                                           clock::wall_time wall)
{
    wait_time longest;
    const auto take = [&](std::string_view value) { longest = std::max(longest, parse_one(value, date, wall)); };
    split(values, '\n', [&](std::string_view line) {
        take(line);
        // A gateway may have joined several numbers.
        split(line, ',', take);
    });
    return longest;
}

std::optional<std::chrono::milliseconds> stated_wait(const boost::json::value& details)
{
    const auto* const members = details.if_object();
    const auto* const seconds = members != nullptr ? members->if_contains("retryAfter") : nullptr;
    boost::system::error_code unusable;
    const auto count = seconds != nullptr ? seconds->to_number<std::int64_t>(unusable) : 0;
    if (unusable || count <= 0) {
        return std::nullopt;
    }
    return std::chrono::seconds{std::min<std::int64_t>(count, longest_wait / std::chrono::seconds{1})};
}

std::optional<std::chrono::milliseconds> time_until_renewal(const boost::json::value& details, std::string_view date,
                                                            clock::wall_time wall)
{
    const auto* const members = details.if_object();
    const auto* const reset = members != nullptr ? members->if_contains("resetAt") : nullptr;
    const auto when = reset != nullptr && reset->is_string() ? parse_utc_time(reset->get_string()) : std::nullopt;
    const clock::wall_time now = parse_http_date(date).value_or(wall);
    const clock::wall_time midnight = std::chrono::floor<std::chrono::days>(now) + std::chrono::days{1};
    const std::chrono::milliseconds left = when.value_or(midnight) - now;
    return left > std::chrono::milliseconds::zero() ? std::optional{std::min(left, longest_wait)} : std::nullopt;
}

} // namespace sipher::detail
