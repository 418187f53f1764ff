#include "connection/network_connect.hpp"

#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>
#include <sipher/observer.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;
using boost::system::error_code;

network_connect::network_connect(std::shared_ptr<const server_settings> settings,
                                 std::function<void(connect_result)> done)
    : settings_(std::move(settings)), strand_(asio::make_strand(settings_->executor)), done_(std::move(done)),
      started_(now())
{
}

network_connect::~network_connect()
{
    settings_->timers->disarm(*this);
}

void network_connect::start()
{
    asio::post(strand_, [self = self()] { self->resolve(); });
}

void network_connect::cancel()
{
    asio::post(strand_, [self = self()] { self->give_up(asio::error::operation_aborted, "cancelled"); });
}

void network_connect::on_timer()
{
    asio::post(strand_, [self = self()] { self->time_is_up(); });
}

void network_connect::on_readable(error_code)
{
    // What failed, if anything, the next step tells.
    asio::dispatch(strand_, [self = self()] { self->on_stream_ready(); });
}

void network_connect::on_stream_ready()
{
    if (finished_) {
        return;
    }
    if (channel_) {
        shake_hands();
    } else {
        pass_proxy();
    }
}

void network_connect::pass_proxy()
{
    const channel_result step = tunnel_->advance();
    if (step.waits_for != need::nothing) {
        wait_for(step, *stream_);
    } else if (step.failure) {
        result_.permanent = tunnel_->is_permanent();
        give_up(step.failure, tunnel_->problem());
    } else {
        tunnel_.reset();
        begin_handshake();
    }
}

void network_connect::begin_handshake()
{
    result_.reached = phase::tls_handshake;
    set_deadline(settings_->timeouts.tls_handshake);
    try {
        channel_ =
            settings_->tls ? settings_->tls->make_channel(std::move(stream_)) : make_plain_channel(std::move(stream_));
    } catch (const std::exception& problem) {
        give_up(errc::tls_handshake_failed, problem.what());
        return;
    }
    shake_hands();
}

void network_connect::shake_hands()
{
    const channel_result step = channel_->handshake();
    if (step.waits_for != need::nothing) {
        wait_for(step, channel_->stream());
    } else if (step.failure) {
        result_.permanent = step.failure == errc::tls_verify_failed;
        give_up(step.failure, channel_->handshake_problem());
    } else {
        succeed();
    }
}

void network_connect::wait_for(const channel_result& step, byte_stream& stream)
{
    if (step.waits_for == need::readable) {
        stream.wait_readable(self());
    } else {
        stream.wait_writable(self());
    }
}

void network_connect::time_is_up()
{
    if (finished_) {
        return;
    }
    if (now() < deadline_) {
        if (race_ && !stream_ && !channel_) {
            race_on();
        } else if (!race_ && !early_.empty()) {
            start_race(early_);
        }
    } else if (channel_) {
        give_up(errc::tls_handshake_failed, "the TLS handshake took longer than timeouts.tls_handshake");
    } else if (stream_) {
        give_up(errc::proxy_failed, "the proxy " + settings_->proxy->name + " gave no answer within proxy.timeout");
    } else if (race_) {
        give_up(errc::connect_failed, race_->problems());
    } else {
        give_up(errc::resolve_failed, settings_->url.host + " was not resolved within timeouts.connect");
    }
}

void network_connect::succeed()
{
    result_.reached = phase::done;
    result_.resumed = channel_->resumed();
    tls_version_ = channel_->protocol();
    result_.made = std::make_shared<connection>(settings_->executor, std::move(channel_), address_, settings_->limits,
                                                settings_->timers);
    finish();
}

void network_connect::give_up(error_code code, std::string problem)
{
    if (finished_) {
        return;
    }
    result_.code = code;
    result_.problem = std::move(problem);
    finish();
}

void network_connect::finish()
{
    finished_ = true;
    settings_->timers->disarm(*this);
    question_.reset();
    dials_.clear();
    tunnel_.reset();
    stream_.reset();
    channel_.reset();
    tell_observer();
    const auto done = std::exchange(done_, nullptr);
    done(std::move(result_));
}

void network_connect::tell_observer() const
{
    connect_event event;
    event.host = settings_->url.host;
    event.address = address_;
    event.proxy = settings_->proxy ? std::string_view{settings_->proxy->name} : std::string_view{};
    event.tls_version = tls_version_;
    event.resumed = result_.resumed;
    event.duration = now() - started_;
    event.code = result_.code;
    event.message = result_.problem;
    notify(settings_->watcher.get(), &observer::on_connect, event);
}

void network_connect::set_deadline(std::chrono::milliseconds timeout)
{
    deadline_ = timeout.count() == 0 ? clock::time_point::max() : now() + timeout;
    settings_->timers->arm(*this, deadline_);
}

} // namespace sipher::detail
