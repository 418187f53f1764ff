#include "http1/rate_limit_fields.hpp"

#include "base/field_text.hpp"
#include "base/http_date.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace sipher::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
void keep_first(std::optional<T>& known, const std::optional<T>& other)
{
    known = known ? known : other;
}

} // namespace

rate_limit_fields::field rate_limit_fields::identify(std::string_view name)
{
    static constexpr auto known = std::to_array<named_field<field>>({
        {"RateLimit", field::state},
        {"RateLimit-Policy", field::policy},
        {"RateLimit-Limit", field::limit},
        {"RateLimit-Remaining", field::remaining},
        {"RateLimit-Reset", field::reset},
        {"X-RateLimit-Limit", field::fallback_limit},
        {"X-RateLimit-Remaining", field::fallback_remaining},
        {"X-RateLimit-Reset", field::fallback_reset},
    });
    return find_field(known, name, field::other);
}

void rate_limit_fields::read(field which, std::string_view value)
{
    switch (which) {
    case field::other: break;
    case field::state: read_state(value); break;
    case field::policy: read_policies(value); break;
    case field::limit: read_limit(value); break;
    case field::remaining: keep_first(single_.remaining, read_count(value)); break;
    case field::reset: keep_first(single_.reset, read_window_end(value)); break;
    case field::fallback_limit: keep_first(fallback_.limit, read_count(value)); break;
    case field::fallback_remaining: keep_first(fallback_.remaining, read_count(value)); break;
    case field::fallback_reset: keep_first(fallback_.reset, read_window_end(value)); break;
    }
}

/// In the first drafts this field also contains the policies: `10, 10;w=1, 1000;w=3600`.
void rate_limit_fields::read_limit(std::string_view value)
{
    if (value.find(';') == std::string_view::npos) {
        keep_first(single_.limit, read_count(value));
        return;
    }
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

/// The single numbers belong to the policy with the same limit, or to the only one.
rate_policy rate_limit_fields::single() const
{
    const bool is_known = single_.remaining || std::ranges::any_of(policies_, [](const rate_policy& each) {
                              return each.remaining.has_value();
                          });
    rate_policy policy = is_known || !fallback_.remaining ? single_ : fallback_;
    const auto same = std::ranges::find_if(policies_, [&policy](const rate_policy& each) {
        return each.counts_requests && !each.remaining && (!policy.limit || each.limit == policy.limit);
    });
    if (same != policies_.end()) {
        keep_first(policy.limit, same->limit);
        policy.window = same->window;
    }
    return policy;
}

void rate_limit_fields::add(state_list& all, const rate_policy& policy, std::string_view date, const clock& time)
{
    if (all.size() == all.capacity() || !policy.counts_requests || policy.limit == 0U || !policy.says_anything()) {
        return;
    }
    rate_policy_state& made = all.emplace_back();
    made.name = policy.name;
    made.state.limit = policy.limit;
    made.state.remaining = policy.remaining;
    if (policy.remaining && policy.limit) {
        made.state.remaining = std::min(*policy.remaining, *policy.limit);
    }
    if (policy.window && policy.window->count() > 0 && *policy.window <= longest_rate_window) {
        made.state.window = policy.window;
    }
    if (policy.reset) {
        milliseconds left = policy.reset->value;
        if (policy.reset->is_instant) {
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
