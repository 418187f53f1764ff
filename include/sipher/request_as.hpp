#pragma once

#include <sipher/call_options.hpp>
#include <sipher/client.hpp>
#include <sipher/config.hpp>
#include <sipher/error.hpp>
#include <sipher/live_session.hpp>
#include <sipher/verb.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace sipher {

namespace detail {

/// Takes over the result of a request; returns an error if it cannot be converted.
using response_converter = std::function<boost::system::error_code(boost::json::value& data)>;

[[nodiscard]] SIPHER_API boost::asio::awaitable<void> request_converted(client owner, verb method, std::string target,
                                                                        std::optional<boost::json::value> body,
                                                                        call_options options,
                                                                        response_converter convert);
[[nodiscard]] SIPHER_API boost::asio::awaitable<void> request_converted(live_session owner, verb method,
                                                                        std::string target,
                                                                        std::optional<boost::json::value> body,
                                                                        call_options options,
                                                                        response_converter convert);

template <class Result, class Owner>
boost::asio::awaitable<Result> request_as(Owner owner, verb method, std::string target,
                                          std::optional<boost::json::value> body, call_options options)
{
    std::optional<Result> result;
    response_converter convert = [&result](boost::json::value& data) -> boost::system::error_code {
        auto converted = boost::json::try_value_to<Result>(data);
        if (!converted) {
            return converted.error();
        }
        result.emplace(std::move(*converted));
        return {};
    };
    // A call does not keep its client alive.
    auto sent = request_converted(std::move(owner), method, std::move(target), std::move(body), std::move(options),
                                  std::move(convert));
    co_await std::move(sent);
    co_return *std::move(result);
}

} // namespace detail

/// Calls an endpoint with a typed body and a typed result, by their Boost.JSON conversions (`tag_invoke`, described
/// structs).
///
///     auto address = co_await sipher::request_as<stealth_address>(client, sipher::verb::post, "/v1/stealth/generate",
///                                                                 body);
///
/// Arguments are taken by value. `owner` is a `client` or a `live_session`.
/// Idempotency and retry, cancellation, thread safety: as its `request`.
/// Errors: as its `request`, and `errc::bad_payload` when the response cannot be converted.
template <class Result, class Owner, class Body>
requires(!std::same_as<Body, call_options>)
    [[nodiscard]] boost::asio::awaitable<Result> request_as(Owner owner, verb method, std::string target, Body body,
                                                            call_options options = {})
{
    return detail::request_as<Result>(std::move(owner), method, std::move(target),
                                      std::optional{boost::json::value_from(std::move(body))}, std::move(options));
}

/// The same without a body.
template <class Result, class Owner>
[[nodiscard]] boost::asio::awaitable<Result> request_as(Owner owner, verb method, std::string target,
                                                        call_options options = {})
{
    return detail::request_as<Result>(std::move(owner), method, std::move(target), std::optional<boost::json::value>{},
                                      std::move(options));
}

} // namespace sipher
