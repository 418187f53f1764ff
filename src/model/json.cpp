#include <sipher/json.hpp>

#include "model/decode.hpp"
#include "model/defaults_list.hpp"

#include <sipher/error_code.hpp>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <string_view>
#include <utility>

namespace sipher {

namespace json = boost::json;

namespace {

using boost::system::result;
using detail::decoded;

void write_text(json::value& out, std::string_view text)
{
    out.emplace_string().assign(text.data(), text.size());
}

template <class Value>
void write_member(json::object& out, json::string_view name, const Value& value)
{
    tag_invoke(json::value_from_tag{}, out[name], value);
}

template <class Value>
void write_member(json::object& out, json::string_view name, const std::optional<Value>& value)
{
    if (value) {
        write_member(out, name, *value);
    }
}

void write_member(json::object& out, json::string_view name, timestamp value)
{
    out[name] = value.time_since_epoch().count();
}

void write_member(json::object& out, json::string_view name, const std::optional<timestamp>& value)
{
    if (value) {
        write_member(out, name, *value);
    }
}

template <class Enumeration>
decoded<Enumeration> decode_name(const json::value& in)
{
    const decoded<std::string_view> text = detail::decode_text(in, {});
    if (!text) {
        return text.error();
    }
    return Enumeration::from_name(*text);
}

decoded<secret> decode_secret(const json::value& in)
{
    const decoded<std::string_view> text = detail::decode_text(in, {});
    if (!text) {
        return text.error();
    }
    return secret{*text};
}

template <class Value>
result<Value> without_path(decoded<Value> value)
{
    if (!value) {
        return make_error_code(errc::bad_payload);
    }
    return *std::move(value);
}

} // namespace

void tag_invoke(json::value_from_tag, json::value& out, const chain& in)
{
    write_text(out, in.name());
}

void tag_invoke(json::value_from_tag, json::value& out, const privacy_level& in)
{
    write_text(out, in.name());
}

void tag_invoke(json::value_from_tag, json::value& out, const rpc_provider& in)
{
    write_text(out, in.name());
}

void tag_invoke(json::value_from_tag, json::value& out, const backend& in)
{
    write_text(out, in.name());
}

void tag_invoke(json::value_from_tag, json::value& out, const secret& in)
{
    write_text(out, in.reveal());
}

void tag_invoke(json::value_from_tag, json::value& out, const session_id& in)
{
    const auto text = in.to_chars();
    write_text(out, {text.data(), text.size()});
}

void tag_invoke(json::value_from_tag, json::value& out, const session_defaults& in)
{
    json::object& members = out.emplace_object();
    detail::for_each_default(
        [&members](std::string_view name, const auto& value) {
            write_member(members, {name.data(), name.size()}, value);
        },
        in);
}

void tag_invoke(json::value_from_tag, json::value& out, const session& in)
{
    json::object& members = out.emplace_object();
    write_member(members, "sessionId", in.id);
    write_member(members, "defaults", in.defaults);
    write_member(members, "createdAt", in.created_at);
    write_member(members, "expiresAt", in.expires_at);
    write_member(members, "lastAccessedAt", in.last_accessed_at);
}

void tag_invoke(json::value_from_tag, json::value& out, const deleted_session& in)
{
    json::object& members = out.emplace_object();
    write_member(members, "sessionId", in.id);
    members["deleted"] = true;
}

chain tag_invoke(json::value_to_tag<chain>, const json::value& in)
{
    return decode_name<chain>(in).value();
}

privacy_level tag_invoke(json::value_to_tag<privacy_level>, const json::value& in)
{
    return decode_name<privacy_level>(in).value();
}

rpc_provider tag_invoke(json::value_to_tag<rpc_provider>, const json::value& in)
{
    return decode_name<rpc_provider>(in).value();
}

backend tag_invoke(json::value_to_tag<backend>, const json::value& in)
{
    return decode_name<backend>(in).value();
}

secret tag_invoke(json::value_to_tag<secret>, const json::value& in)
{
    return decode_secret(in).value();
}

session_id tag_invoke(json::value_to_tag<session_id>, const json::value& in)
{
    return detail::decode_session_id(in, {}).value();
}

session_defaults tag_invoke(json::value_to_tag<session_defaults>, const json::value& in)
{
    return detail::decode_defaults(in, {}).value();
}

session tag_invoke(json::value_to_tag<session>, const json::value& in)
{
    return detail::decode_session(in, {}).value();
}

deleted_session tag_invoke(json::value_to_tag<deleted_session>, const json::value& in)
{
    return detail::decode_deleted(in, {}).value();
}

result<chain> tag_invoke(json::try_value_to_tag<chain>, const json::value& in)
{
    return without_path(decode_name<chain>(in));
}

result<privacy_level> tag_invoke(json::try_value_to_tag<privacy_level>, const json::value& in)
{
    return without_path(decode_name<privacy_level>(in));
}

result<rpc_provider> tag_invoke(json::try_value_to_tag<rpc_provider>, const json::value& in)
{
    return without_path(decode_name<rpc_provider>(in));
}

result<backend> tag_invoke(json::try_value_to_tag<backend>, const json::value& in)
{
    return without_path(decode_name<backend>(in));
}

result<secret> tag_invoke(json::try_value_to_tag<secret>, const json::value& in)
{
    return without_path(decode_secret(in));
}

result<session_id> tag_invoke(json::try_value_to_tag<session_id>, const json::value& in)
{
    return without_path(detail::decode_session_id(in, {}));
}

result<session_defaults> tag_invoke(json::try_value_to_tag<session_defaults>, const json::value& in)
{
    return without_path(detail::decode_defaults(in, {}));
}

result<session> tag_invoke(json::try_value_to_tag<session>, const json::value& in)
{
    return without_path(detail::decode_session(in, {}));
}

result<deleted_session> tag_invoke(json::try_value_to_tag<deleted_session>, const json::value& in)
{
    return without_path(detail::decode_deleted(in, {}));
}

} // namespace sipher
