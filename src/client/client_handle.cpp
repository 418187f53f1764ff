#include "client/client_handle.hpp"

#include "net/network_connector.hpp"
#include "options/host.hpp"
#include "options/user_agent.hpp"
#include "options/validation.hpp"
#include "tls/tls_context.hpp"

#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <utility>

namespace sipher::detail {

std::shared_ptr<server_settings> make_server_settings(const client_state& state,
                                                      const boost::asio::any_io_executor& executor)
{
    auto settings = std::make_shared<server_settings>();
    settings->executor = executor;
    settings->url = state.url;
    settings->timeouts = state.options.timeouts;
    settings->limits = state.options.limits;
    settings->parsers = std::make_shared<parser_pool>(state.options.limits);
    settings->timers = state.timers;
    settings->event_observer = state.options.observer;
    settings->proxy = choose_proxy(state.options.proxy, state.url);
    settings->proxy_timeout = state.options.proxy.timeout;
    settings->user_agent = user_agent_of(state.options);
    if (settings->proxy && settings->proxy->kind == proxy_kind::https) {
        tls_options trust;
        trust.ca_file = state.options.tls.ca_file;
        trust.ca_pem = state.options.tls.ca_pem;
        const base_url& at = settings->proxy->at;
        settings->proxy_tls = std::make_shared<tls_context>(trust, at.server_name, at.is_address, state.options.clock);
    }
    settings->names = std::make_shared<name_cache>(make_system_lookup(), state.options.clock);
    settings->sockets = make_tcp_dialer(executor);
    if (state.url.tls) {
        const tls_options& tls = state.options.tls;
        const std::string& given = tls.server_name.empty() ? state.url.server_name : tls.server_name;
        const std::string name{without_dot(given)};
        settings->tls = std::make_shared<tls_context>(tls, name, read_address(name).has_value(), state.options.clock);
    }
    return settings;
}

client_handle::client_handle(boost::asio::any_io_executor executor, std::shared_ptr<client_state> state)
    : executor_(std::move(executor)), state_(std::move(state)), sessions_(state_)
{
}

client_handle::~client_handle()
{
    state_->close();
}

std::shared_ptr<client_handle> client_handle::make(boost::asio::any_io_executor executor, client_options options)
{
    return make(std::move(executor), std::move(options),
                [](const client_state& state, const boost::asio::any_io_executor& untracked) {
                    return make_network_connector(make_server_settings(state, untracked));
                });
}

std::shared_ptr<client_handle> client_handle::make(boost::asio::any_io_executor executor, client_options options,
                                                   const connector_factory& make_connector)
{
    require(static_cast<bool>(executor), "executor", "must not be empty");
    // A tracked one would keep its context from ending, and refer to it afterwards.
    executor = boost::asio::prefer(executor, boost::asio::execution::outstanding_work.untracked);
    options.validate();
    auto state = std::make_shared<client_state>(std::move(options), executor);
    state->pool = std::make_shared<pool>(executor, state->options.pool, make_connector(*state, executor), state->timers,
                                         state->random, state->options.observer);
    watch_io_context(executor, state);
    return std::shared_ptr<client_handle>{new client_handle{executor, std::move(state)}};
}

} // namespace sipher::detail
