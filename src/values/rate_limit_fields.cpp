#include "values/rate_limit_fields.hpp"

#include "values/field_text.hpp"

#include <boost/beast/core/string.hpp>

#include <chrono>
#include <optional>

namespace sipher::detail {

namespace {

void keep_first(std::optional<unsigned>& known, std::optional<unsigned> told)
{
    known = known ? known : told;
}

void keep_first(std::optional<std::chrono::seconds>& known, std::optional<unsigned> told)
{
    if (!known && told) {
        known = std::chrono::seconds{*told};
    }
}

/// Cuts the part before the next `,` or `;` off.
std::string_view next_part(std::string_view& rest)
{
    const auto end = rest.find_first_of(",;");
    const std::string_view part = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}

/// Of several policies, the first one counts.
void read_structured(rate_limit_state& state, std::string_view value)
{
    while (!value.empty()) {
        const std::string_view part = next_part(value);
        const auto equals = part.find('=');
        if (equals == std::string_view::npos) {
            keep_first(state.limit, read_number(part));
            continue;
        }
        const std::string_view name = trimmed(part.substr(0, equals));
        const auto number = read_number(part.substr(equals + 1));
        if (name == "limit" || name == "q") {
            keep_first(state.limit, number);
        } else if (name == "remaining" || name == "r") {
            keep_first(state.remaining, number);
        } else if (name == "reset" || name == "t") {
            keep_first(state.reset, number);
        } else if (name == "w") {
            keep_first(state.window, number);
        }
    }
}

} // namespace

void read_rate_limit_field(rate_limit_state& state, std::string_view name, std::string_view value)
{
    constexpr std::string_view prefix = "RateLimit";
    if (!boost::beast::iequals(name.substr(0, prefix.size()), prefix)) {
        return;
    }
    const std::string_view rest = name.substr(prefix.size());
    if (rest.empty() || boost::beast::iequals(rest, "-Policy")) {
        read_structured(state, value);
    } else if (boost::beast::iequals(rest, "-Limit")) {
        keep_first(state.limit, read_number(value));
    } else if (boost::beast::iequals(rest, "-Remaining")) {
        keep_first(state.remaining, read_number(value));
    } else if (boost::beast::iequals(rest, "-Reset")) {
        keep_first(state.reset, read_number(value));
    }
}

} // namespace sipher::detail
