#include "values/rate_limit_fields.hpp"

#include "values/http_date.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <limits>

namespace sipher::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
void keep_first(std::optional<T>& known, const std::optional<T>& told)
{
    known = known ? known : told;
}

bool is_end_of(std::string_view name, std::string_view end)
{
    return boost::beast::iequals(name, end);
}

} // namespace

void rate_limit_fields::read(std::string_view name, std::string_view value)
{
    constexpr std::string_view prefix = "RateLimit";
    const bool extended = name.starts_with("X-") || name.starts_with("x-");
    std::string_view rest = name.substr(extended ? 2 : 0);
    if (!is_end_of(rest.substr(0, prefix.size()), prefix)) {
        return;
    }
    rest.remove_prefix(prefix.size());
    if (extended) {
        read_single(fallback_, rest, value);
    } else if (rest.empty()) {
        read_state(value);
    } else if (is_end_of(rest, "-Policy")) {
        read_policies(value);
    } else if (is_end_of(rest, "-Limit") && value.find(';') != std::string_view::npos) {
        read_limit(value);
    } else {
        read_single(single_, rest, value);
    }
}

void rate_limit_fields::read_single(rate_policy& target, std::string_view what, std::string_view value)
{
    if (is_end_of(what, "-Limit")) {
        keep_first(target.limit, read_count(value));
    } else if (is_end_of(what, "-Remaining")) {
        keep_first(target.remaining, read_count(value));
    } else if (is_end_of(what, "-Reset")) {
        keep_first(target.reset, read_window_end(value));
    }
}

/// Of the first drafts, which had the policies in `RateLimit-Limit`: `10, 10;w=1, 1000;w=3600`.
void rate_limit_fields::read_limit(std::string_view value)
{
    rate_policy_collector all{policies_};
    if (parse_structured_list(value, all)) {
        policies_ = all.found;
        keep_first(single_.limit, all.first_number);
    }
}

void rate_limit_fields::read_policies(std::string_view value)
{
    rate_policy_collector all{policies_};
    if (parse_structured_list(value, all)) {
        policies_ = all.found;
    }
}

void rate_limit_fields::read_state(std::string_view value)
{
    rate_policy_collector all{policies_};
    if (parse_structured_list(value, all)) {
        policies_ = all.found;
        return;
    }
    rate_policy_collector draft_7{policies_};
    if (parse_structured_dictionary(value, draft_7)) {
        keep_first(single_.limit, draft_7.single.limit);
        keep_first(single_.remaining, draft_7.single.remaining);
        keep_first(single_.reset, draft_7.single.reset);
    }
}

/// The single numbers speak of the policy with the same limit, or of the only one.
rate_policy rate_limit_fields::single() const
{
    const bool is_told = single_.remaining || std::ranges::any_of(policies_, [](const rate_policy& each) {
                             return each.remaining.has_value();
                         });
    rate_policy told = is_told || !fallback_.remaining ? single_ : fallback_;
    const auto same = std::ranges::find_if(policies_, [&told](const rate_policy& each) {
        return each.counts_requests && !each.remaining && (!told.limit || each.limit == told.limit);
    });
    if (same != policies_.end()) {
        keep_first(told.limit, same->limit);
        told.window = same->window;
    }
    return told;
}

void rate_limit_fields::add(state_list& all, const rate_policy& told, std::string_view date, const clock& time)
{
    if (all.size() == all.capacity() || !told.counts_requests || told.limit == 0U || !told.says_anything()) {
        return;
    }
    rate_policy_state& made = all.emplace_back();
    made.name = told.name;
    made.state.limit = told.limit;
    made.state.remaining = told.remaining;
    if (told.remaining && told.limit) {
        made.state.remaining = std::min(*told.remaining, *told.limit);
    }
    if (told.window && told.window->count() > 0 && *told.window <= longest_rate_window) {
        made.state.window = told.window;
    }
    if (told.reset) {
        milliseconds left = told.reset->value;
        if (told.reset->is_instant) {
            left -= parse_http_date(date).value_or(time.wall_now()).time_since_epoch();
        }
        const seconds longest = made.state.window.value_or(longest_rate_window);
        if (made.state.window || left <= longest) {
            made.state.reset = std::clamp(std::chrono::ceil<seconds>(left), seconds::zero(), longest);
        }
    }
}

rate_limit_fields::state_list rate_limit_fields::plausible(std::string_view date, const clock& time) const
{
    state_list all;
    for (const rate_policy& each : policies_) {
        if (each.remaining) {
            add(all, each, date, time);
        }
    }
    const rate_policy one = single();
    if (one.remaining || all.empty()) {
        add(all, one, date, time);
    }
    return all;
}

rate_limit_state tightest(const rate_limit_fields::state_list& policies)
{
    const auto stops_later = [](const rate_policy_state& one, const rate_policy_state& other) {
        const unsigned left = one.state.remaining.value_or(std::numeric_limits<unsigned>::max());
        const unsigned left_of_other = other.state.remaining.value_or(std::numeric_limits<unsigned>::max());
        return left != left_of_other ? left < left_of_other
                                     : one.state.reset.value_or(seconds{}) > other.state.reset.value_or(seconds{});
    };
    const auto first = std::ranges::min_element(policies, stops_later);
    return first == policies.end() ? rate_limit_state{} : first->state;
}

} // namespace sipher::detail
