#include "sandbox/quota_counter.hpp"

#include <array>
#include <utility>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

/// Path prefixes, and the service's names of their categories.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> categories{{
    {"/v1/sessions", "session"},
    {"/v1/stealth/", "stealth"},
    {"/v1/commitment/", "commitment"},
    {"/v1/transfer/", "transfer"},
    {"/v1/cspl/", "transfer"},
    {"/v1/scan/", "scan"},
    {"/v1/viewing-key/", "viewing_key"},
    {"/v1/privacy/", "privacy"},
    {"/v1/swap/", "swap"},
    {"/v1/governance/", "governance"},
    {"/v1/compliance/", "compliance"},
    {"/v1/jito/", "jito"},
    {"/v1/backends", "compute"},
}};

/// Empty for an endpoint that is not metered.
std::string_view category_of(std::string_view path)
{
    for (const auto& [beginning, name] : categories) {
        if (path.starts_with(beginning)) {
            return name;
        }
    }
    return {};
}

std::string_view to_string(tier level)
{
    return level == tier::free ? "free" : level == tier::pro ? "pro" : "enterprise";
}

refusal exceeded(const sandbox_key& key, std::string_view category, unsigned used, unsigned limit, clock::wall_time now)
{
    const clock::wall_time midnight = std::chrono::floor<std::chrono::days>(now) + std::chrono::days{1};
    const std::string reset_at = to_iso_8601(midnight);
    const std::string share = std::to_string(used) + "/" + std::to_string(limit);
    return {429, "DAILY_QUOTA_EXCEEDED",
            "Daily quota exceeded. Used " + share + " operations. Resets at " + reset_at + ".",
            json::object{{"category", category},
                         {"current", used},
                         {"limit", limit},
                         {"resetAt", reset_at},
                         {"tier", to_string(key.level)}}};
}

} // namespace

quota_counter::day_state& quota_counter::today(const sandbox_key& key, clock::wall_time now)
{
    const auto day = std::chrono::floor<std::chrono::days>(now);
    day_state& state = keys_[key.text];
    if (state.day != day) {
        state = {};
        state.day = day;
    }
    return state;
}

void quota_counter::check(const sandbox_key& key, std::string_view path, clock::wall_time now)
{
    const std::string_view category = category_of(path);
    if (category.empty()) {
        return;
    }
    day_state& state = today(key, now);
    const unsigned used = state.categories[category];
    if (key.daily_quota != 0 && used >= key.daily_quota) {
        throw exceeded(key, category, used, key.daily_quota, now);
    }
    if (key.daily_total != 0 && state.total >= key.daily_total) {
        throw exceeded(key, category, state.total, key.daily_total, now);
    }
}

void quota_counter::count(const sandbox_key& key, std::string_view path, clock::wall_time now)
{
    if (const std::string_view category = category_of(path); !category.empty()) {
        day_state& state = today(key, now);
        ++state.total;
        ++state.categories[category];
    }
}

json::object quota_counter::usage(const sandbox_key& key, clock::wall_time now)
{
    day_state& state = today(key, now);
    json::object all;
    for (const auto& [beginning, name] : categories) {
        all[name] = json::object{{"count", state.categories[name]}, {"quota", key.daily_quota}};
    }
    return {{"date", to_iso_8601(now).substr(0, std::string_view{"2026-11-25"}.size())},
            {"tier", to_string(key.level)},
            {"total", state.total},
            {"quotaTotal", key.daily_total},
            {"categories", std::move(all)}};
}

} // namespace sipher::testing::detail
