#include "support/scripted_service.hpp"

#include "net/connector.hpp"
#include "pool/pool.hpp"
#include "support/allocation_faults.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <charconv>
#include <utility>

namespace sipher::test {

namespace asio = boost::asio;

namespace {

class nothing_pending final : public detail::pending_connect {
public:
    void cancel() override {}
};

} // namespace

class scripted_service::scripted_connector final : public detail::connector {
public:
    scripted_connector(scripted_service& owner, const detail::client_state& state) : owner_(owner), services_(state) {}

    std::shared_ptr<detail::pending_connect> connect(std::function<void(detail::connect_result)> done) override
    {
        owner_.connect(std::move(done), services_);
        return std::make_shared<nothing_pending>();
    }

private:
    scripted_service& owner_;
    const detail::client_state& services_;
};

std::shared_ptr<detail::client_handle> scripted_service::make_client(client_options options)
{
    complete(options);
    return detail::client_handle::make(context_.get_executor(), std::move(options),
                                       [this](const detail::client_state& state, const boost::asio::any_io_executor&) {
                                           return std::make_unique<scripted_connector>(*this, state);
                                       });
}

client scripted_service::make_public_client(client_options options)
{
    complete(options);
    client made{context_.get_executor(), std::move(options)};
    detail::client_state& state = *detail::handle_of(made)->state();
    state.pool = std::make_shared<detail::pool>(context_.get_executor(), state.options.pool,
                                                std::make_unique<scripted_connector>(*this, state), state.timers,
                                                state.random, state.options.observer);
    return made;
}

void scripted_service::complete(client_options& options) const
{
    options.clock = clock_;
    if (options.jitter_seed == 0) {
        options.jitter_seed = 1;
    }
}

void scripted_service::connect(std::function<void(detail::connect_result)> done, const detail::client_state& state)
{
    const allocation_truce truce;
    const std::size_t number = ++connects;
    auto finish = [this, number, done = std::move(done), limits = state.options.limits, timers = state.timers] {
        detail::connect_result result;
        result.reached = phase::connecting;
        result.code = admit ? admit(number) : boost::system::error_code{};
        result.message = result.code ? "refused by the script" : "";
        if (!result.code) {
            const allocation_truce outside;
            auto peer = std::make_shared<scripted_peer>(context_.get_executor());
            peer->on_request = [this](scripted_peer& from, const std::string& request) { on_request(from, request); };
            if (prepare) {
                prepare(*peer);
            }
            result.made = std::make_shared<detail::connection>(
                context_.get_executor(), detail::make_plain_channel(peer->make_stream()),
                "peer " + std::to_string(number), std::make_shared<detail::parser_pool>(limits), timers);
            peers.push_back(std::move(peer));
        }
        done(std::move(result));
    };
    if (hold_connects) {
        held_.push_back(std::move(finish));
    } else {
        asio::post(context_, std::move(finish));
    }
}

void scripted_service::finish_connects()
{
    hold_connects = false;
    for (auto& each : std::exchange(held_, {})) {
        asio::post(context_, std::move(each));
    }
}

void scripted_service::on_request(scripted_peer& peer, const std::string& request)
{
    requests.push_back(request);
    if (script.empty()) {
        if (otherwise) {
            otherwise(peer, request);
        }
        return;
    }
    const reaction next = std::move(script.front());
    script.pop_front();
    next(peer, request);
}

scripted_service::reaction response(unsigned status, std::string body, std::string fields)
{
    std::string text = "HTTP/1.1 " + std::to_string(status) + " x\r\n" + fields +
                       "Keep-Alive: timeout=5\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return [text = std::move(text)](scripted_peer& peer, const std::string&) { peer.send(text); };
}

scripted_service::reaction refuse(unsigned status, std::string code, std::string fields)
{
    return response(status, R"({"success":false,"error":{"code":")" + std::move(code) + R"(","message":"refused"}})",
                    std::move(fields));
}

scripted_service::reaction response_session(unsigned status)
{
    return response(status,
                    R"({"success":true,"data":{"deleted":true,"sessionId":")" + scripted_session_id().to_string() +
                        R"(","defaults":{"chain":"near"},"createdAt":1795459632897,"expiresAt":1795463232897}})");
}

scripted_service::reaction hang_up()
{
    return [](scripted_peer& peer, const std::string&) { peer.end(asio::error::connection_reset); };
}

scripted_service::reaction silence()
{
    return [](scripted_peer&, const std::string&) {};
}

session_id scripted_session_id()
{
    return session_id{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
}

} // namespace sipher::test
