#include <sipher/request_as.hpp>

#include "client/client_handle.hpp"
#include "client/operations.hpp"
#include "session/shared_live_session.hpp"

#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> send(std::shared_ptr<client_state> client, outgoing_request wanted)
{
    wanted.name = "request_as";
    static_cast<void>(co_await request(std::move(client), std::move(wanted)));
}

} // namespace

asio::awaitable<void> request_converted(client owner, verb method, std::string target,
                                        std::optional<boost::json::value> body, call_options options,
                                        response_converter convert)
{
    outgoing_request wanted{method, std::move(target), std::move(body), std::move(options)};
    wanted.convert = std::move(convert);
    const auto handle = handle_of(owner);
    return send(handle ? handle->state() : nullptr, std::move(wanted));
}

asio::awaitable<void> request_converted(live_session owner, verb method, std::string target,
                                        std::optional<boost::json::value> body, call_options options,
                                        response_converter convert)
{
    outgoing_request wanted{method, std::move(target), std::move(body), std::move(options)};
    wanted.convert = std::move(convert);
    if (owner.empty()) {
        return send(nullptr, std::move(wanted)); // refused where it is awaited
    }
    wanted.options.session = owner;
    return send(wanted.options.session->live()->owner()->state(), std::move(wanted));
}

} // namespace sipher::detail
