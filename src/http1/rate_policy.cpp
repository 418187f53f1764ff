#include "http1/rate_policy.hpp"

#include "base/field_text.hpp"
#include "base/http_date.hpp"

#include <algorithm>
#include <limits>

namespace sipher::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Numbers from the first constant on are Unix time in seconds; from the second on, in milliseconds.
constexpr std::int64_t first_unix_second = 1'000'000'000;
constexpr std::int64_t first_unix_millisecond = 1'000'000'000'000;
constexpr std::int64_t last_unix_millisecond = 100'000'000'000'000;

std::optional<unsigned> to_count(const structured_item& item)
{
    const bool fits = item.kind == structured_item::type::integer && item.number >= 0 &&
                      item.number <= std::numeric_limits<unsigned>::max();
    return fits ? std::optional{static_cast<unsigned>(item.number)} : std::nullopt;
}

/// FNV-1a; only to recognize a policy within a client. Never 0.
std::uint64_t name_of(std::string_view text)
{
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const char each : text) {
        hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001B3U;
    }
    return hash | 1U;
}

std::optional<window_end> to_end(const structured_item& value)
{
    switch (value.kind) {
    case structured_item::type::integer:
    case structured_item::type::date: return end_of_number(value.number);
    case structured_item::type::decimal: return end_of_number((value.number + 999) / 1000);
    default: return std::nullopt;
    }
}

} // namespace

std::optional<unsigned> read_count(std::string_view value)
{
    std::optional<unsigned> all;
    for (;;) {
        const auto comma = value.find(',');
        const auto one = read_number(value.substr(0, comma));
        if (!one || (all && *all != *one)) {
            return std::nullopt;
        }
        all = one;
        if (comma == std::string_view::npos) {
            return all;
        }
        value.remove_prefix(comma + 1);
    }
}

std::optional<window_end> end_of_number(std::int64_t number)
{
    if (number >= 0 && number <= longest_rate_window.count()) {
        return window_end{seconds{number}, false};
    }
    if (number >= first_unix_millisecond && number <= last_unix_millisecond) {
        return window_end{milliseconds{number}, true};
    }
    if (number >= first_unix_second && number < first_unix_millisecond) {
        return window_end{seconds{number}, true};
    }
    return std::nullopt;
}

std::optional<window_end> read_window_end(std::string_view value)
{
    const std::string_view text = trimmed(value);
    if (const auto number = to_number<std::int64_t>(text)) {
        return end_of_number(*number);
    }
    if (const auto same = read_count(text)) {
        return end_of_number(*same);
    }
    if (const auto instant = parse_http_date(text)) {
        return window_end{instant->time_since_epoch(), true};
    }
    if (const auto instant = parse_utc_time(text)) {
        return window_end{instant->time_since_epoch(), true};
    }
    const std::size_t dot = text.find('.');
    const auto whole = read_number(text.substr(0, dot));
    if (!whole || dot + 1 >= text.size() || text.find_first_not_of("0123456789", dot + 1) != std::string_view::npos) {
        return std::nullopt;
    }
    const bool exact = text.find_first_not_of('0', dot + 1) == std::string_view::npos;
    return end_of_number(std::int64_t{*whole} + (exact ? 0 : 1));
}

void rate_policy_collector::on_member(std::string_view key, const structured_item& value)
{
    current_ = nullptr;
    number_.reset();
    if (!key.empty()) {
        on_draft_7(key, value);
    } else if (value.kind == structured_item::type::string || value.kind == structured_item::type::token) {
        current_ = find(name_of(value.text));
    } else if (value.kind == structured_item::type::integer) {
        first_number = first_number ? first_number : to_count(value);
        number_ = to_count(value);
    }
}

void rate_policy_collector::on_parameter(std::string_view key, const structured_item& value)
{
    if (current_ == nullptr && key == "w" && number_ && found.size() < found.capacity()) {
        current_ = &found.emplace_back();
        current_->limit = number_;
    }
    if (current_ == nullptr) {
        return;
    }
    if (key == "q") {
        current_->limit = to_count(value);
    } else if (key == "w") {
        const auto length = to_count(value);
        current_->window = length ? std::optional{seconds{*length}} : std::nullopt;
    } else if (key == "qu") {
        current_->counts_requests = value.text == "requests";
    } else if (key == "r") {
        const auto left = to_count(value);
        current_->remaining = current_->remaining && left ? std::min(current_->remaining, left) : left;
    } else if (key == "t") {
        current_->reset = to_end(value);
    }
}

void rate_policy_collector::on_draft_7(std::string_view key, const structured_item& value)
{
    if (key == "limit") {
        single.limit = to_count(value);
    } else if (key == "remaining") {
        single.remaining = to_count(value);
    } else if (key == "reset") {
        single.reset = to_end(value);
    }
}

rate_policy* rate_policy_collector::find(std::uint64_t name)
{
    for (rate_policy& each : found) {
        if (each.name == name) {
            return &each;
        }
    }
    if (found.size() == found.capacity()) {
        return nullptr;
    }
    rate_policy& made = found.emplace_back();
    made.name = name;
    return &made;
}

} // namespace sipher::detail
