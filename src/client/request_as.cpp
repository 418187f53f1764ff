#include <sipher/request_as.hpp>

#include "client/client_handle.hpp"
#include "client/operations.hpp"

#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

outgoing_request converted(verb method, std::string target, std::optional<boost::json::value> body,
                           call_options options, response_converter convert)
{
    outgoing_request wanted{method, std::move(target), std::move(body), std::move(options)};
    wanted.name = "request_as";
    wanted.convert = std::move(convert);
    return wanted;
}

asio::awaitable<void> discard(asio::awaitable<boost::json::value> sent)
{
    static_cast<void>(co_await std::move(sent));
}

} // namespace

asio::awaitable<void> request_converted(client owner, verb method, std::string target,
                                        std::optional<boost::json::value> body, call_options options,
                                        response_converter convert)
{
    return discard(request(state_of(handle_of(owner)), converted(method, std::move(target), std::move(body),
                                                                 std::move(options), std::move(convert))));
}

asio::awaitable<void> request_converted(live_session owner, verb method, std::string target,
                                        std::optional<boost::json::value> body, call_options options,
                                        response_converter convert)
{
    return discard(request_under(
        owner, converted(method, std::move(target), std::move(body), std::move(options), std::move(convert))));
}

} // namespace sipher::detail
