#include "model/quota_category.hpp"

#include <algorithm>

namespace sipher::detail {

namespace {

struct prefix {
    std::string_view path;
    quota_category category;
};

constexpr std::array<prefix, 13> prefixes{{
    {"/v1/sessions", quota_category::session},
    {"/v1/stealth/", quota_category::stealth},
    {"/v1/commitment/", quota_category::commitment},
    {"/v1/transfer/", quota_category::transfer},
    {"/v1/cspl/", quota_category::transfer},
    {"/v1/scan/", quota_category::scan},
    {"/v1/viewing-key/", quota_category::viewing_key},
    {"/v1/privacy/", quota_category::privacy},
    {"/v1/swap/", quota_category::swap},
    {"/v1/governance/", quota_category::governance},
    {"/v1/compliance/", quota_category::compliance},
    {"/v1/jito/", quota_category::jito},
    {"/v1/backends", quota_category::compute},
}};

/// The rest of the path must begin at a segment boundary.
bool is_below(std::string_view target, std::string_view path)
{
    if (!target.starts_with(path)) {
        return false;
    }
    const std::string_view rest = target.substr(path.size());
    return rest.empty() || path.ends_with('/') || rest.front() == '/' || rest.front() == '?';
}

} // namespace

std::optional<quota_category> quota_category_of(std::string_view target) noexcept
{
    for (const prefix& each : prefixes) {
        if (is_below(target, each.path)) {
            return each.category;
        }
    }
    return std::nullopt;
}

std::optional<quota_category> quota_category_named(std::string_view name) noexcept
{
    const auto found = std::ranges::find(quota_category_names, name);
    return found == quota_category_names.end()
               ? std::nullopt
               : std::optional{static_cast<quota_category>(found - quota_category_names.begin())};
}

} // namespace sipher::detail
