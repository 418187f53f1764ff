#pragma once

#include <sipher/config.hpp>
#include <sipher/session.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/system/result.hpp>

#include <string_view>
#include <utility>

/// @file
/// Boost.JSON conversions of the models, in the API's spelling (`sessionId`, `privacyLevel`, …).
///
///     boost::json::value text = boost::json::value_from(session);
///     auto session = boost::json::value_to<sipher::session>(text);
///
/// Reading ignores unknown members, accepts unknown enumeration values and missing optional members (`null` counts as
/// missing), and is strict about types and ranges. A session must have `sessionId`, `expiresAt` and `defaults`: without
/// its defaults it cannot be pinned to a request. `value_to` throws `sipher::error` (`errc::bad_payload`) and names the
/// member, such as `expiresAt: expected integer, got string`; `try_value_to` gives `errc::bad_payload` alone.
///
/// Note that `value_from` writes viewing keys in the clear: it makes what goes over the wire.
namespace sipher {

// clang-format off
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const chain& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const privacy_level& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const rpc_provider& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const backend& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const secret& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const session_id& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const session_defaults& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const session& in);
SIPHER_API void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const deleted_session& in);

SIPHER_API chain            tag_invoke(boost::json::value_to_tag<chain>, const boost::json::value& in);
SIPHER_API privacy_level    tag_invoke(boost::json::value_to_tag<privacy_level>, const boost::json::value& in);
SIPHER_API rpc_provider     tag_invoke(boost::json::value_to_tag<rpc_provider>, const boost::json::value& in);
SIPHER_API backend          tag_invoke(boost::json::value_to_tag<backend>, const boost::json::value& in);
SIPHER_API secret           tag_invoke(boost::json::value_to_tag<secret>, const boost::json::value& in);
SIPHER_API session_id       tag_invoke(boost::json::value_to_tag<session_id>, const boost::json::value& in);
SIPHER_API session_defaults tag_invoke(boost::json::value_to_tag<session_defaults>, const boost::json::value& in);
SIPHER_API session          tag_invoke(boost::json::value_to_tag<session>, const boost::json::value& in);
SIPHER_API deleted_session  tag_invoke(boost::json::value_to_tag<deleted_session>, const boost::json::value& in);

SIPHER_API boost::system::result<chain>
    tag_invoke(boost::json::try_value_to_tag<chain>, const boost::json::value& in);
SIPHER_API boost::system::result<privacy_level>
    tag_invoke(boost::json::try_value_to_tag<privacy_level>, const boost::json::value& in);
SIPHER_API boost::system::result<rpc_provider>
    tag_invoke(boost::json::try_value_to_tag<rpc_provider>, const boost::json::value& in);
SIPHER_API boost::system::result<backend>
    tag_invoke(boost::json::try_value_to_tag<backend>, const boost::json::value& in);
SIPHER_API boost::system::result<secret>
    tag_invoke(boost::json::try_value_to_tag<secret>, const boost::json::value& in);
SIPHER_API boost::system::result<session_id>
    tag_invoke(boost::json::try_value_to_tag<session_id>, const boost::json::value& in);
SIPHER_API boost::system::result<session_defaults>
    tag_invoke(boost::json::try_value_to_tag<session_defaults>, const boost::json::value& in);
SIPHER_API boost::system::result<session>
    tag_invoke(boost::json::try_value_to_tag<session>, const boost::json::value& in);
SIPHER_API boost::system::result<deleted_session>
    tag_invoke(boost::json::try_value_to_tag<deleted_session>, const boost::json::value& in);
// clang-format on

namespace detail {

inline void add_members(boost::json::object&) {}

template <class Value, class... Others>
void add_members(boost::json::object& to, std::string_view name, Value&& value, Others&&... others)
{
    to.insert_or_assign(name, boost::json::value_from(std::forward<Value>(value)));
    add_members(to, std::forward<Others>(others)...);
}

} // namespace detail

/// An object of names and values in turns, for a place where a braced list cannot stand: GCC 12 refuses one within an
/// expression with `co_await` (`array used as initializer`). What Boost.JSON can convert can be a value.
///
///     co_await client.request(sipher::verb::post, "/v1/stealth/generate", sipher::json_object("chain", "near"));
template <class... NamesAndValues>
[[nodiscard]] boost::json::object json_object(NamesAndValues&&... members)
{
    static_assert(sizeof...(members) % 2 == 0, "each name needs a value");
    boost::json::object made;
    detail::add_members(made, std::forward<NamesAndValues>(members)...);
    return made;
}

} // namespace sipher
