#include "call/request_text.hpp"

#include "call/key_provider.hpp"
#include "values/user_agent.hpp"
#include "values/wipe.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <array>
#include <charconv>

namespace sipher::detail {

namespace {

void append_field(std::string& out, std::string_view name, std::string_view value)
{
    out.append(name).append(": ").append(value).append("\r\n");
}

bool contains(const header_list& headers, std::string_view name)
{
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto& field) { return boost::beast::iequals(field.first, name); });
}

void append_user_headers(std::string& out, const client_options& options, const call_options& call)
{
    append_field(out, "User-Agent", user_agent_of(options));
    if (!contains(call.headers, "Accept") && !contains(options.default_headers, "Accept")) {
        append_field(out, "Accept", "application/json");
    }
    for (const auto& [name, value] : options.default_headers) {
        if (!contains(call.headers, name)) {
            append_field(out, name, value);
        }
    }
    for (const auto& [name, value] : call.headers) {
        append_field(out, name, value);
    }
}

void append_key(std::string& out, authentication_scheme scheme, const secret& key)
{
    if (key.empty()) {
        return;
    }
    if (scheme == authentication_scheme::bearer) {
        out.append("Authorization: Bearer ").append(key.reveal()).append("\r\n");
    } else {
        append_field(out, "X-API-Key", key.reveal());
    }
}

void append_body(std::string& out, const request_message& message)
{
    if (!message.body.empty()) {
        append_field(out, "Content-Type", "application/json");
    }
    const bool announces = !message.body.empty() || message.method == verb::post || message.method == verb::put ||
                           message.method == verb::patch;
    if (announces) {
        std::array<char, 20> digits; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), message.body.size()).ptr;
        append_field(out, "Content-Length", {digits.data(), static_cast<std::size_t>(end - digits.data())});
    }
    out.append("\r\n").append(message.body);
}

/// Empties `out` and makes room for all that is to come: a string that grows leaves behind what it held, and that is
/// the key.
void empty_with_room(std::string& out, std::size_t size)
{
    if (out.capacity() < size) {
        wipe(out);
        out = {};
        out.reserve(size);
    }
    out.clear();
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

/// The fields that do not depend on what the request is for.
void append_common_fields(std::string& out, const client_options& options, const base_url& url,
                          const call_options& call, const secret& key)
{
    append_field(out, "Host", url.host_field);
    append_user_headers(out, options, call);
    append_key(out, options.scheme, key);
}

void append_target(std::string& out, const request_message& message)
{
    out.append(message.target);
    if (message.subject) {
        const auto id = message.subject->to_chars();
        out.append("/").append(id.data(), id.size());
    }
}

} // namespace

std::string target_of(const request_message& message)
{
    std::string target;
    append_target(target, message);
    return target;
}

request_writer::request_writer(const client_options& options, const base_url& url)
    : options_(options), url_(url),
      // The last number is for what has a limit of its own: methods, names, ids.
      usual_size_(url.host_field.size() + url.path_prefix.size() + options.user_agent.size() +
                  size_of(options.default_headers) + 640)
{
    if (!has_key_provider(options)) {
        std::string fields;
        empty_with_room(fields, usual_size_ + options.api_key.reveal().size());
        append_common_fields(fields, options, url, {}, options.api_key);
        usual_fields_ = secret{fields};
        wipe(fields);
    }
}

void request_writer::write(std::string& out, const request_message& message, const call_options& call,
                           const secret& key, std::string_view request_id) const
{
    empty_with_room(out, usual_size_ + key.reveal().size() + size_of(call.headers) + message.target.size() +
                             message.body.size());
    out.append(to_string(message.method)).append(" ").append(url_.path_prefix);
    append_target(out, message);
    out.append(" HTTP/1.1\r\n");
    if (call.headers.empty() && !usual_fields_.empty()) {
        out.append(usual_fields_.reveal());
    } else {
        append_common_fields(out, options_, url_, call, key);
    }
    append_field(out, "X-Request-ID", request_id);
    if (call.session) {
        const auto id = call.session->id().to_chars();
        append_field(out, "X-Session-Id", {id.data(), id.size()});
    }
    append_body(out, message);
}

} // namespace sipher::detail
