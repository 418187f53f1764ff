#include "sandbox/request_path.hpp"

#include "sandbox/text_decoding.hpp"

#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace sipher::testing::detail {

namespace {

std::string_view without_host(std::string_view target)
{
    const std::size_t scheme = target.find("://");
    if (target.starts_with('/') || scheme == std::string_view::npos) {
        return target;
    }
    const std::size_t path = target.find('/', scheme + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
}

std::string to_route(std::string_view path)
{
    std::string route = percent_decode(path).value_or(std::string{path});
    std::transform(route.begin(), route.end(), route.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return route;
}

} // namespace

request_path::request_path(std::string_view target)
{
    target = without_host(target);
    text = target.substr(0, target.find('?'));
    std::string_view path = text;
    if (path.size() > 1 && path.ends_with('/')) {
        path.remove_suffix(1);
    }
    route = to_route(path);
    // The position of the id is determined before decoding; zero if there are too few parts.
    const std::size_t id_slash = path.find('/', path.find('/', 1) + 1);
    if (const std::string parent = to_route(path.substr(0, id_slash)); parent == "/v1/sessions" && parent != route) {
        route = parent;
        id = path.substr(id_slash + 1);
    }
}

std::string_view request_path::allowed_methods() const
{
    // Not an object with a destructor: a static sandbox may still serve when the program ends.
    static constexpr auto routes = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"/", "GET, HEAD"},
        {"/docs", "GET, HEAD"},
        {"/openapi.json", "GET, HEAD"},
        {"/skill.md", "GET, HEAD"},
        {"/v1/billing/usage", "GET, HEAD"},
        {"/v1/echo", "POST"},
        {"/v1/errors", "GET, HEAD"},
        {"/v1/health", "GET, HEAD"},
        {"/v1/sessions", "POST"},
        {"/v1/stealth/generate", "POST"},
    });
    if (id) {
        return id->empty() || id->find('/') != std::string::npos ? "" : "DELETE, GET, HEAD, PATCH";
    }
    const auto* const found =
        std::ranges::find(routes, std::string_view{route}, [](const auto& each) { return each.first; });
    return found == routes.end() ? "" : found->second;
}

std::optional<std::string> percent_decode(std::string_view text)
{
    const auto encoded = boost::urls::make_pct_string_view(text);
    if (!encoded) {
        return std::nullopt;
    }
    std::string decoded = encoded->decode();
    return replace_invalid_utf_8(decoded) == decoded ? std::optional{std::move(decoded)} : std::nullopt;
}

} // namespace sipher::testing::detail
