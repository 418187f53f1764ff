#pragma once

#include <sipher/config.hpp>
#include <sipher/open_enumeration.hpp>
#include <sipher/session.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>
#include <boost/system/result.hpp>

#include <concepts>
#include <string_view>
#include <utility>

/// @file
/// Boost.JSON conversions of the models, in the API's spelling (`sessionId`, `privacyLevel`, …).
///
///     boost::json::value text = boost::json::value_from(session);
///     auto session = boost::json::value_to<sipher::session>(text);
///
/// Parsing ignores unknown members, accepts unknown enumeration values and missing optional members (`null` counts as
/// missing), and is strict about types and ranges. A session must have `sessionId`, `expiresAt` and `defaults`: without
/// its defaults it cannot be pinned to a request. `value_to` throws `sipher::error` (`errc::bad_payload`) and names the
/// member, such as `expiresAt: expected integer, got string`; `try_value_to` gives `errc::bad_payload` alone.
///
/// Note that `value_from` writes viewing keys in the clear, as in requests.
namespace sipher {

namespace detail {

template <class Value>
concept json_model =
    std::same_as<Value, session> || std::same_as<Value, session_defaults> || std::same_as<Value, deleted_session> ||
    std::same_as<Value, session_id> || std::same_as<Value, secret> || std::derived_from<Value, open_enumeration<Value>>;

/// Defined in the library, for each model.
template <json_model Model>
struct SIPHER_API json_conversion {
    static void write(boost::json::value& out, const Model& in);
    [[nodiscard]] static Model read(const boost::json::value& in);
    [[nodiscard]] static boost::system::result<Model> try_read(const boost::json::value& in);
};

} // namespace detail

template <detail::json_model Model>
void tag_invoke(boost::json::value_from_tag, boost::json::value& out, const Model& in)
{
    detail::json_conversion<Model>::write(out, in);
}

template <detail::json_model Model>
Model tag_invoke(boost::json::value_to_tag<Model>, const boost::json::value& in)
{
    return detail::json_conversion<Model>::read(in);
}

template <detail::json_model Model>
boost::system::result<Model> tag_invoke(boost::json::try_value_to_tag<Model>, const boost::json::value& in)
{
    return detail::json_conversion<Model>::try_read(in);
}

namespace detail {

inline void add_members(boost::json::object&) {}

template <class Value, class... Others>
void add_members(boost::json::object& to, std::string_view name, Value&& value, Others&&... others)
{
    to.insert_or_assign(name, boost::json::value_from(std::forward<Value>(value)));
    add_members(to, std::forward<Others>(others)...);
}

} // namespace detail

/// An object from alternating names and values, for use where a braced list is not possible: GCC 12 rejects one within
/// an expression with `co_await` (`array used as initializer`). A value can be anything that Boost.JSON can convert.
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
