#include <sipher/json.hpp>

#include "model/decode.hpp"
#include "model/defaults_list.hpp"

#include <sipher/error_code.hpp>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace json = boost::json;

namespace {

void write(json::value& out, std::string_view text)
{
    out.emplace_string().assign(text.data(), text.size());
}

template <class Enumeration>
void write(json::value& out, const open_enumeration<Enumeration>& in)
{
    write(out, in.name());
}

void write(json::value& out, const secret& in)
{
    write(out, in.reveal());
}

void write(json::value& out, const session_id& in)
{
    const auto text = in.to_chars();
    write(out, std::string_view{text.data(), text.size()});
}

void write_member(json::object& out, json::string_view name, timestamp value)
{
    out[name] = value.time_since_epoch().count();
}

template <class Value>
void write_member(json::object& out, json::string_view name, const Value& value)
{
    json_conversion<Value>::write(out[name], value);
}

template <class Value>
void write_member(json::object& out, json::string_view name, const std::optional<Value>& value)
{
    if (value) {
        write_member(out, name, *value);
    }
}

void write(json::value& out, const session_defaults& in)
{
    json::object& members = out.emplace_object();
    const auto write_default = [&members](std::string_view name, const auto& value) {
        write_member(members, {name.data(), name.size()}, value);
    };
    for_each_default(write_default, in);
}

void write(json::value& out, const session& in)
{
    json::object& members = out.emplace_object();
    write_member(members, "sessionId", in.id);
    write_member(members, "defaults", in.defaults);
    write_member(members, "createdAt", in.created_at);
    write_member(members, "expiresAt", in.expires_at);
    write_member(members, "lastAccessedAt", in.last_accessed_at);
}

void write(json::value& out, const deleted_session& in)
{
    json::object& members = out.emplace_object();
    write_member(members, "sessionId", in.id);
    members["deleted"] = true;
}

template <class Model>
decoded<Model> decode(const json::value& in)
{
    if constexpr (std::same_as<Model, session_id>) {
        return decode_session_id(in, {});
    } else if constexpr (std::same_as<Model, session_defaults>) {
        return decode_defaults(in, {});
    } else if constexpr (std::same_as<Model, session>) {
        return decode_session(in, {});
    } else if constexpr (std::same_as<Model, deleted_session>) {
        return decode_deleted(in, {});
    } else {
        // A string in JSON.
        const decoded<std::string_view> text = decode_text(in, {});
        if (!text) {
            return text.error();
        }
        if constexpr (requires { Model::from_name(*text); }) {
            return Model::from_name(*text);
        } else {
            return Model{*text};
        }
    }
}

} // namespace

template <json_model Model>
void json_conversion<Model>::write(json::value& out, const Model& in)
{
    detail::write(out, in);
}

template <json_model Model>
Model json_conversion<Model>::read(const json::value& in)
{
    return decode<Model>(in).value();
}

template <json_model Model>
boost::system::result<Model> json_conversion<Model>::try_read(const json::value& in)
{
    decoded<Model> value = decode<Model>(in);
    if (!value) {
        return make_error_code(errc::bad_payload);
    }
    return *std::move(value);
}

template struct json_conversion<chain>;
template struct json_conversion<privacy_level>;
template struct json_conversion<rpc_provider>;
template struct json_conversion<backend>;
template struct json_conversion<secret>;
template struct json_conversion<session_id>;
template struct json_conversion<session_defaults>;
template struct json_conversion<session>;
template struct json_conversion<deleted_session>;

} // namespace sipher::detail
