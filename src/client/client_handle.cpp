#include "client/client_handle.hpp"

#include "net/network_connector.hpp"
#include "options/user_agent.hpp"
#include "tls/tls_context.hpp"

#include <boost/asio/ip/address.hpp>

#include <utility>

namespace sipher::detail {

std::shared_ptr<server_settings> make_server_settings(const client_state& services,
                                                      const boost::asio::any_io_executor& executor)
{
    auto settings = std::make_shared<server_settings>();
    settings->executor = executor;
    settings->url = services.url;
    settings->timeouts = services.options.timeouts;
    settings->limits = services.options.limits;
    settings->parsers = std::make_shared<parser_stock>(services.options.limits);
    settings->timers = services.timers;
    settings->event_observer = services.options.observer;
    settings->proxy = choose_proxy(services.options.proxy, services.url);
    settings->proxy_timeout = services.options.proxy.timeout;
    settings->user_agent = user_agent_of(services.options);
    if (settings->proxy && settings->proxy->kind == proxy_kind::https) {
        tls_options trust;
        trust.ca_file = services.options.tls.ca_file;
        trust.ca_pem = services.options.tls.ca_pem;
        const base_url& at = settings->proxy->at;
        settings->proxy_tls =
            std::make_shared<tls_context>(trust, at.server_name, at.is_address, services.options.clock);
    }
    settings->names = std::make_shared<name_cache>(make_system_lookup(), services.options.clock);
    settings->sockets = make_tcp_dialer(executor);
    if (services.url.tls) {
        const tls_options& tls = services.options.tls;
        std::string name = tls.server_name.empty() ? services.url.server_name : tls.server_name;
        if (name.ends_with('.')) {
            // Of a name that is complete; certificates and SNI are without it (RFC 6066, section 3).
            name.pop_back();
        }
        boost::system::error_code not_an_address;
        boost::asio::ip::make_address(name, not_an_address);
        settings->tls = std::make_shared<tls_context>(tls, name, !not_an_address, services.options.clock);
    }
    return settings;
}

client_handle::client_handle(boost::asio::any_io_executor executor, std::shared_ptr<client_state> services)
    : executor_(std::move(executor)), services_(std::move(services)), sessions_(services_)
{
}

client_handle::~client_handle()
{
    services_->close();
}

std::shared_ptr<client_handle> client_handle::make(boost::asio::any_io_executor executor, client_options options)
{
    return make(executor, std::move(options), [&executor](const client_state& services) {
        return make_network_connector(make_server_settings(services, executor));
    });
}

std::shared_ptr<client_handle> client_handle::make(
    boost::asio::any_io_executor executor, client_options options,
    const std::function<std::unique_ptr<connector>(const client_state&)>& make_connector)
{
    options.validate();
    auto services = std::make_shared<client_state>(std::move(options), executor);
    services->pool = std::make_shared<pool>(executor, services->options.pool, make_connector(*services),
                                            services->timers, services->random, services->options.observer);
    watch_io_context(executor, services);
    return std::shared_ptr<client_handle>{new client_handle{executor, std::move(services)}};
}

} // namespace sipher::detail
