#pragma once

#include <sipher/call_options.hpp>
#include <sipher/config.hpp>
#include <sipher/error.hpp>
#include <sipher/verb.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <concepts>
#include <string>
#include <utility>

namespace sipher {

namespace detail {

/// Of a success that is not what the caller has a type for.
[[noreturn]] SIPHER_API void throw_not_convertible(verb method, boost::system::error_code why);

template <class T>
T convert_answer(verb method, const boost::json::value& answer)
{
    auto converted = boost::json::try_value_to<T>(answer);
    if (!converted) {
        throw_not_convertible(method, converted.error());
    }
    return std::move(*converted);
}

} // namespace detail

/// Calls an endpoint with a typed body and a typed result, by their Boost.JSON conversions (`tag_invoke`, described
/// structs).
///
///     auto address = co_await sipher::request_as<stealth_address>(client, sipher::verb::post, "/v1/stealth/generate",
///                                                                 wishes);
///
/// Arguments are taken by value. `owner` is a `client` or a `live_session`.
/// Idempotency and retry, cancellation, thread safety: as its `request`.
/// Errors: as its `request`, and `errc::bad_payload` when the answer cannot be converted.
template <class Result, class Owner, class Body>
requires(!std::same_as<Body, call_options>)
    [[nodiscard]] boost::asio::awaitable<Result> request_as(Owner owner, verb method, std::string target, Body body,
                                                            call_options options = {})
{
    boost::json::value sent = boost::json::value_from(std::move(body));
    const boost::json::value answer =
        co_await owner.request(method, std::move(target), std::move(sent), std::move(options));
    co_return detail::convert_answer<Result>(method, answer);
}

/// The same without a body.
template <class Result, class Owner>
[[nodiscard]] boost::asio::awaitable<Result> request_as(Owner owner, verb method, std::string target,
                                                        call_options options = {})
{
    const boost::json::value answer = co_await owner.request(method, std::move(target), std::move(options));
    co_return detail::convert_answer<Result>(method, answer);
}

} // namespace sipher
