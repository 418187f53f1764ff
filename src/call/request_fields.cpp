#include "call/request_fields.hpp"

#include "base/field_text.hpp"
#include "base/wipe.hpp"
#include "call/key_provider.hpp"
#include "http1/request_serializer.hpp"
#include "options/user_agent.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace sipher::detail {

bool contains(header_span headers, std::string_view name)
{
    return std::ranges::any_of(headers, [name](const auto& field) { return same_name(field.first, name); });
}

namespace {

std::size_t size_of(header_span headers)
{
    constexpr std::size_t punctuation = 4;
    std::size_t size = 0;
    for (const auto& [name, value] : headers) {
        size += name.size() + value.size() + punctuation;
    }
    return size;
}

void append_key(std::string& fields, authentication_scheme scheme, const secret& key)
{
    if (key.empty()) {
        return;
    }
    if (scheme == authentication_scheme::bearer) {
        fields.append("Authorization: Bearer ").append(key.reveal()).append("\r\n");
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
    const std::string_view user_agent = user_agent_of(options_);
    std::string fields;
    // Room for all of it: a string that grows leaves behind what it held, and that is the key. (The names of the
    // library's own fields have a limit.)
    constexpr std::size_t own_names = 120;
    fields.reserve(url_.host_field.size() + user_agent.size() + size_of(options_.default_headers) + size_of(headers) +
                   size_of(added) + key.reveal().size() + own_names);
    append_field(fields, "Host", url_.host_field);
    append_field(fields, "User-Agent", user_agent);
    const std::array<header_span, 3> lists{options_.default_headers, headers, added};
    if (std::ranges::none_of(lists, [](header_span list) { return contains(list, "Accept"); })) {
        append_field(fields, "Accept", "application/json");
    }
    for (auto list = lists.begin(); list != lists.end(); ++list) {
        for (const auto& field : *list) {
            // A later list replaces what an earlier one says.
            if (std::none_of(list + 1, lists.end(), [&](header_span later) { return contains(later, field.first); })) {
                append_field(fields, field.first, field.second);
            }
        }
    }
    append_key(fields, options_.scheme, key);
    secret serialized{fields};
    wipe(fields);
    return serialized;
}

} // namespace sipher::detail
