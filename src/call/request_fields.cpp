#include "call/request_fields.hpp"

#include "base/field_text.hpp"
#include "base/wiped_buffer.hpp"
#include "call/key_provider.hpp"
#include "options/user_agent.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace sipher::detail {

bool contains(header_span headers, std::string_view name)
{
    return std::ranges::any_of(headers, [name](const auto& field) { return same_name(field.first, name); });
}

namespace {

void append_field(wiped_buffer& fields, std::string_view name, std::string_view value, std::string_view scheme = {})
{
    constexpr auto any_size = std::numeric_limits<std::uint64_t>::max();
    for (const std::string_view part : {name, std::string_view{": "}, scheme, value, std::string_view{"\r\n"}}) {
        fields.append(part, any_size);
    }
}

void append_key(wiped_buffer& fields, authentication_scheme scheme, const secret& key)
{
    if (key.empty()) {
        return;
    }
    if (scheme == authentication_scheme::bearer) {
        append_field(fields, "Authorization", key.reveal(), "Bearer ");
    } else {
        append_field(fields, "X-API-Key", key.reveal());
    }
}

} // namespace

request_fields::request_fields(const client_options& options, const base_url& url) : options_(options), url_(url)
{
    if (!has_key_provider(options)) {
        usual_ = serialize({}, {}, options.api_key);
    }
}

std::string_view request_fields::of(const call_options& call, header_span added, const secret& key, secret& own) const
{
    if (call.headers.empty() && added.empty() && !usual_.empty()) {
        return usual_.reveal();
    }
    own = serialize(call.headers, added, key);
    return own.reveal();
}

secret request_fields::serialize(header_span headers, header_span added, const secret& key) const
{
    wiped_buffer fields;
    append_field(fields, "Host", url_.host_field);
    append_field(fields, "User-Agent", user_agent_of(options_));
    const std::array<header_span, 3> lists{options_.default_headers, headers, added};
    if (std::ranges::none_of(lists, [](header_span list) { return contains(list, "Accept"); })) {
        append_field(fields, "Accept", "application/json");
    }
    for (auto list = lists.begin(); list != lists.end(); ++list) {
        for (const auto& field : *list) {
            // A later list overrides an earlier one.
            if (std::none_of(list + 1, lists.end(), [&](header_span later) { return contains(later, field.first); })) {
                append_field(fields, field.first, field.second);
            }
        }
    }
    append_key(fields, options_.scheme, key);
    return secret{fields.view()};
}

} // namespace sipher::detail
