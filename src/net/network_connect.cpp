#include "net/network_connect.hpp"

#include "net/channel.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>
#include <sipher/observer.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;

network_connect::network_connect(std::shared_ptr<const server_settings> settings,
                                 std::function<void(connect_result)> done)
    : dial_task(settings->executor, settings->timers), settings_(std::move(settings)), done_(std::move(done)),
      started_(now())
{
}

void network_connect::start()
{
    // Not spawned directly: it might start, and even end, immediately.
    post_event([this] { asio::co_spawn(strand(), run(), asio::detached); });
}

void network_connect::cancel()
{
    post_event([this] { stop({asio::error::operation_aborted, "cancelled"}); });
}

asio::awaitable<void> network_connect::run()
{
    try {
        enter(stage::resolving, settings_->timeouts.connect);
        std::string target = co_await resolve_target();
        co_await connect();
        if (settings_->proxy) {
            co_await pass_proxy(std::move(target));
        }
        enter(stage::tls_handshake, settings_->timeouts.tls_handshake);
        co_await shake_hands(settings_->tls.get());
        stage_ = stage::done;
        tls_version_ = channel_->protocol();
        result_.resumed = channel_->resumed();
        result_.made = std::make_shared<connection>(settings_->executor, std::move(channel_), address_,
                                                    settings_->parsers, settings_->timers);
        finish();
    } catch (const connect_failure& failure) {
        fail(failure);
    } catch (const std::bad_alloc&) {
        fail(out_of_memory());
    }
}

/// The target that a proxy is asked to connect to.
asio::awaitable<std::string> network_connect::resolve_target()
{
    const base_url& server = settings_->url;
    if (!settings_->proxy || settings_->proxy->kind != proxy_kind::socks5) {
        co_return server.host;
    }
    ask(server);
    const auto first_of_v4 = [this] { return std::ranges::find_if(found_.addresses, &asio::ip::address::is_v4); };
    while (!found_.complete && first_of_v4() == found_.addresses.end()) {
        co_await pause(clock::time_point::max());
    }
    const auto chosen = first_of_v4();
    co_return (chosen != found_.addresses.end() ? *chosen : found_.addresses.front()).to_string();
}

asio::awaitable<void> network_connect::connect()
{
    race_.emplace(first_hop().port);
    ask(first_hop());
    while (!stream_) {
        begin_dials();
        if (race_->is_lost(now())) {
            settings_->names->forget(first_hop().host);
            throw unreachable(race_->problems() + (race_->is_refused() ? "; does a server listen there?" : ""));
        }
        co_await pause(race_->next_step());
    }
    asked_ = nullptr;
    lookup_.reset();
    dials_.clear();
}

asio::awaitable<void> network_connect::pass_proxy(std::string target)
{
    enter(stage::proxy, settings_->proxy_timeout);
    if (settings_->proxy_tls) {
        co_await shake_hands(settings_->proxy_tls.get());
        stream_ = make_channel_stream(std::move(channel_), settings_->executor);
    }
    handshake_ = make_proxy_handshake(*settings_, target);
    io_interest needed = handshake_->advance(*stream_);
    while (needed != io_interest::nothing) {
        co_await wait_for(needed, *stream_);
        needed = handshake_->advance(*stream_);
    }
    handshake_.reset();
}

/// @param tls Null: no TLS, and so no handshake.
asio::awaitable<void> network_connect::shake_hands(tls_context* tls)
{
    channel_ = tls != nullptr ? tls->make_channel(std::move(stream_)) : make_plain_channel(std::move(stream_));
    channel_result step = channel_->handshake();
    while (step.wants != io_interest::nothing) {
        co_await wait_for(step.wants, channel_->stream());
        step = channel_->handshake();
    }
    if (step.failure) {
        const bool with_proxy = stage_ == stage::proxy;
        throw connect_failure{with_proxy ? errc::proxy_failed : step.failure,
                              (with_proxy ? "TLS with " + name_of(first_hop()) + ": " : "") +
                                  channel_->handshake_message(),
                              step.failure == errc::tls_verify_failed};
    }
}

void network_connect::enter(stage next, std::chrono::milliseconds timeout)
{
    stage_ = next;
    set_deadline(timeout);
}

void network_connect::ask(const base_url& host)
{
    asked_ = &host;
    found_ = {};
    if (host.is_address) {
        found_.addresses = {asio::ip::make_address(host.host)};
        found_.complete = true;
        on_found(host, found_);
        return;
    }
    lookup_ = settings_->names->resolve(host.host, [weak = weak(), &host](const lookup_result& found) {
        if (const auto waiting = weak.lock()) {
            waiting->post_event([raw = waiting.get(), &host, found] { raw->on_found(host, found); });
        }
    });
}

void network_connect::on_found(const base_url& host, const lookup_result& found)
{
    if (asked_ != &host) {
        return;
    }
    found_ = found;
    if (found.failure) {
        stop({errc::resolve_failed,
              name_of(host) + ": " + found.failure.message() + (found.is_absent() ? "; is it spelled correctly?" : ""),
              found.is_absent()});
    } else if (race_) {
        stage_ = stage::connecting;
        race_->add(found.addresses, found.complete, now());
    }
}

void network_connect::begin_dials()
{
    for (address_race::step step = race_->next(now()); step.begin; step = race_->next(now())) {
        if (step.abandon) {
            dials_.erase(*step.abandon);
        }
        const auto on_dialed = [weak = weak(), index = *step.begin](error_code failure,
                                                                    std::unique_ptr<byte_stream> stream) {
            if (const auto waiting = weak.lock()) {
                waiting->on_dialed(index, failure, std::move(stream));
            }
        };
        try {
            dials_[*step.begin] = settings_->sockets->dial(race_->at(*step.begin), strand(), on_dialed);
        } catch (const boost::system::system_error& failure) {
            race_->failed(*step.begin, failure.code(), now());
        }
    }
}

void network_connect::on_dialed(std::size_t index, error_code failure, std::unique_ptr<byte_stream> stream)
{
    post_event([this, index, failure, stream = std::move(stream)]() mutable {
        // The race is over, or this dial was given up.
        if (dials_.erase(index) == 0) {
            return;
        }
        address_ = to_text(race_->at(index));
        if (failure) {
            race_->failed(index, failure, now());
        } else {
            result_.round_trip = now() - race_->began(index);
            stream_ = std::move(stream);
        }
    });
}

connect_failure network_connect::unreachable(const std::string& why) const
{
    return {errc::connect_failed, name_of(first_hop()) + (settings_->proxy ? " cannot be reached: " : ": ") + why};
}

connect_failure network_connect::out_of_time() const
{
    switch (stage_) {
    case stage::resolving:
        return {errc::resolve_failed, name_of(*asked_) + " was not resolved within timeouts.connect"};
    case stage::connecting: return unreachable("not connected within timeouts.connect: " + race_->problems());
    case stage::proxy:
        return {errc::proxy_failed, name_of(first_hop()) + " did not open the tunnel within proxy.timeout"};
    case stage::tls_handshake:
    case stage::done: break;
    }
    return {errc::tls_handshake_failed,
            "the TLS handshake with " + settings_->url.host + " took longer than timeouts.tls_handshake"};
}

std::string network_connect::name_of(const base_url& host) const
{
    const std::string name = &host == &settings_->url ? host.host_field : "the proxy " + settings_->proxy->name;
    return name + " of " + host.origin;
}

void network_connect::fail(connect_failure failure)
{
    if (done_) {
        result_.code = failure.code;
        result_.message = std::move(failure.message);
        result_.permanent = failure.permanent;
        finish();
    }
}

phase network_connect::reached() const noexcept
{
    constexpr std::array phases{phase::resolving, phase::connecting, phase::connecting, phase::tls_handshake,
                                phase::done};
    return phases[static_cast<std::size_t>(stage_.load())];
}

void network_connect::finish()
{
    result_.reached = reached();
    disarm();
    asked_ = nullptr;
    lookup_.reset();
    dials_.clear();
    handshake_.reset();
    stream_.reset();
    channel_.reset();
    connect_event event;
    event.host = settings_->url.host;
    event.address = address_;
    event.proxy = settings_->proxy ? std::string_view{settings_->proxy->name} : std::string_view{};
    event.tls_version = tls_version_;
    event.resumed = result_.resumed;
    event.duration = now() - started_;
    event.code = result_.code;
    event.message = result_.message;
    notify(settings_->event_observer.get(), &observer::on_connect, event);
    std::exchange(done_, nullptr)(std::move(result_));
}

namespace {

class network_connector final : public connector {
public:
    explicit network_connector(std::shared_ptr<const server_settings> settings) : settings_(std::move(settings)) {}

    std::shared_ptr<pending_connect> connect(std::function<void(connect_result)> done) override
    {
        auto made = std::make_shared<network_connect>(settings_, std::move(done));
        made->start();
        return made;
    }

    void abandon() noexcept override { settings_->names->abandon(); }

    [[nodiscard]] std::string server() const override
    {
        const std::string& host = settings_->url.host;
        return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
               std::to_string(settings_->url.port);
    }

private:
    const std::shared_ptr<const server_settings> settings_;
};

} // namespace

std::unique_ptr<connector> make_network_connector(std::shared_ptr<const server_settings> settings)
{
    return std::make_unique<network_connector>(std::move(settings));
}

} // namespace sipher::detail
