#include "call/request_fields.hpp"

#include "base/wipe.hpp"
#include "call/key_provider.hpp"
#include "http1/request_serializer.hpp"
#include "options/user_agent.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <cstddef>
#include <string>

namespace sipher::detail {

namespace {

bool contains(const header_list& headers, std::string_view name)
{
    return std::ranges::any_of(headers, [name](const auto& field) { return boost::beast::iequals(field.first, name); });
}

std::size_t size_of(const header_list& headers)
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
        usual_ = serialize({}, options.api_key);
    }
}

std::string_view request_fields::of(const call_options& call, const secret& key, secret& own) const
{
    if (call.headers.empty() && !usual_.empty()) {
        return usual_.reveal();
    }
    own = serialize(call, key);
    return own.reveal();
}

secret request_fields::serialize(const call_options& call, const secret& key) const
{
    const std::string_view user_agent = user_agent_of(options_);
    std::string fields;
    // Room for all of it: a string that grows leaves behind what it held, and that is the key. (The names of the
    // library's own fields have a limit.)
    constexpr std::size_t own_names = 120;
    fields.reserve(url_.host_field.size() + user_agent.size() + size_of(options_.default_headers) +
                   size_of(call.headers) + key.reveal().size() + own_names);
    append_field(fields, "Host", url_.host_field);
    append_field(fields, "User-Agent", user_agent);
    if (!contains(call.headers, "Accept") && !contains(options_.default_headers, "Accept")) {
        append_field(fields, "Accept", "application/json");
    }
    for (const auto& [name, value] : options_.default_headers) {
        if (!contains(call.headers, name)) {
            append_field(fields, name, value);
        }
    }
    for (const auto& [name, value] : call.headers) {
        append_field(fields, name, value);
    }
    append_key(fields, options_.scheme, key);
    secret serialized{fields};
    wipe(fields);
    return serialized;
}

} // namespace sipher::detail
