#include "connection/network_connector.hpp"

#include "connection/tcp_stream.hpp"
#include "runtime/notify.hpp"

#include <sipher/error_code.hpp>
#include <sipher/observer.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

namespace sipher::detail {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string to_text(const tcp::endpoint& endpoint)
{
    std::ostringstream os;
    os << endpoint;
    return std::move(os).str();
}

/// One connection in the making. Everything but `on_timer` runs on its strand.
///
/// A name lookup cannot be called back once it has begun, so nothing waits for it: when time is up the result is
/// reported, and what the lookup brings later is dropped.
class network_connect final : public pending_connect, public readiness_listener, public timer_target {
public:
    network_connect(std::shared_ptr<const server_settings> settings, std::function<void(connect_result)> done)
        : settings_(std::move(settings)), strand_(asio::make_strand(settings_->executor)), resolver_(strand_),
          done_(std::move(done)), started_(now())
    {
    }

    ~network_connect() override { settings_->timers->disarm(*this); }

    void start()
    {
        asio::post(strand_, [self = self()] { self->resolve(); });
    }

    void cancel() override
    {
        asio::post(strand_, [self = self()] { self->give_up(asio::error::operation_aborted, "cancelled"); });
    }

    void on_timer() override
    {
        asio::post(strand_, [self = self()] { self->time_is_up(); });
    }

    void on_readable(error_code) override
    {
        asio::dispatch(strand_, [self = self()] { self->shake_hands(); });
    }

    void on_writable(error_code failure) override { on_readable(failure); }

private:
    std::shared_ptr<network_connect> self() { return std::static_pointer_cast<network_connect>(shared_from_this()); }
    [[nodiscard]] clock::time_point now() const { return settings_->timers->time().now(); }

    void resolve()
    {
        set_deadline(settings_->timeouts.connect);
        connect_deadline_ = deadline_;
        error_code not_an_address;
        const auto address = asio::ip::make_address(settings_->url.host, not_an_address);
        if (!not_an_address) {
            endpoints_.emplace_back(address, settings_->url.port);
            connect_next();
            return;
        }
        resolver_.async_resolve(settings_->url.host, std::to_string(settings_->url.port),
                                tcp::resolver::numeric_service,
                                [self = self()](error_code failure, const tcp::resolver::results_type& found) {
                                    self->on_resolved(failure, found);
                                });
    }

    void on_resolved(error_code failure, const tcp::resolver::results_type& found)
    {
        if (finished_) {
            return;
        }
        if (failure) {
            result_.permanent = failure == asio::error::host_not_found || failure == asio::error::no_data;
            give_up(errc::resolve_failed, "cannot resolve " + settings_->url.host + ": " + failure.message());
            return;
        }
        for (const auto& entry : found) {
            endpoints_.push_back(entry.endpoint());
        }
        connect_next();
    }

    void connect_next()
    {
        result_.reached = phase::connecting;
        if (next_ == endpoints_.size()) {
            give_up(errc::connect_failed, problems_);
            return;
        }
        share_deadline();
        const tcp::endpoint& endpoint = endpoints_[next_++];
        address_ = to_text(endpoint);
        socket_.emplace(settings_->executor);
        socket_->async_connect(endpoint, asio::bind_executor(strand_, [self = self()](error_code failure) {
                                   self->on_connected(failure);
                               }));
    }

    void on_connected(error_code failure)
    {
        if (finished_) {
            return;
        }
        if (failure) {
            const bool timed_out = failure == asio::error::operation_aborted;
            problems_ += (problems_.empty() ? "" : "; ") + address_ + ": " +
                         (timed_out ? std::string{"no answer in time"} : failure.message());
            connect_next();
            return;
        }
        result_.reached = phase::tls_handshake;
        set_deadline(settings_->timeouts.tls_handshake);
        try {
            open_channel();
        } catch (const std::exception& problem) {
            give_up(errc::tls_handshake_failed, problem.what());
            return;
        }
        shake_hands();
    }

    void open_channel()
    {
        auto stream = make_tcp_stream(std::move(*socket_));
        socket_.reset();
        channel_ =
            settings_->tls ? settings_->tls->make_channel(std::move(stream)) : make_plain_channel(std::move(stream));
    }

    void shake_hands()
    {
        if (finished_) {
            return;
        }
        const channel_result step = channel_->handshake();
        if (step.waits_for == need::readable) {
            channel_->stream().wait_readable(self());
        } else if (step.waits_for == need::writable) {
            channel_->stream().wait_writable(self());
        } else if (step.failure) {
            result_.permanent = step.failure == errc::tls_verify_failed;
            give_up(step.failure, channel_->handshake_problem());
        } else {
            succeed();
        }
    }

    void succeed()
    {
        result_.reached = phase::done;
        result_.resumed = channel_->resumed();
        tls_version_ = channel_->protocol();
        result_.made = std::make_shared<connection>(settings_->executor, std::move(channel_), address_,
                                                    settings_->limits, settings_->timers);
        finish();
    }

    void time_is_up()
    {
        if (finished_ || now() < deadline_) {
            return;
        }
        if (channel_) {
            give_up(errc::tls_handshake_failed, "the TLS handshake took longer than timeouts.tls_handshake");
        } else if (socket_ && next_ < endpoints_.size()) {
            // The handler sees that it was called off, and goes on with the next address.
            socket_.reset();
        } else if (socket_) {
            give_up(errc::connect_failed,
                    problems_ + (problems_.empty() ? "" : "; ") + address_ + ": no answer in time");
        } else {
            give_up(errc::resolve_failed, settings_->url.host + " was not resolved within timeouts.connect");
        }
    }

    void give_up(error_code code, std::string problem)
    {
        if (finished_) {
            return;
        }
        result_.code = code;
        result_.problem = std::move(problem);
        finish();
    }

    void finish()
    {
        finished_ = true;
        settings_->timers->disarm(*this);
        resolver_.cancel();
        socket_.reset();
        channel_.reset();
        tell_observer();
        const auto done = std::exchange(done_, nullptr);
        done(std::move(result_));
    }

    void tell_observer() const
    {
        connect_event event;
        event.host = settings_->url.host;
        event.address = address_;
        event.tls_version = tls_version_;
        event.duration = now() - started_;
        event.code = result_.code;
        event.message = result_.problem;
        notify(settings_->watcher.get(), &observer::on_connect, event);
    }

    void set_deadline(std::chrono::milliseconds timeout)
    {
        deadline_ = timeout.count() == 0 ? clock::time_point::max() : now() + timeout;
        settings_->timers->arm(*this, deadline_);
    }

    /// An address that does not answer must leave time for those behind it.
    void share_deadline()
    {
        if (connect_deadline_ == clock::time_point::max()) {
            return;
        }
        const auto left = connect_deadline_ - now();
        const auto share = left / static_cast<long>(endpoints_.size() - next_);
        deadline_ = now() + std::max<clock::time_point::duration>(
                                share, std::min<clock::time_point::duration>(left, std::chrono::seconds{1}));
        settings_->timers->arm(*this, deadline_);
    }

    const std::shared_ptr<const server_settings> settings_;
    asio::strand<asio::any_io_executor> strand_;
    tcp::resolver resolver_;
    std::function<void(connect_result)> done_;
    const clock::time_point started_;
    clock::time_point deadline_ = clock::time_point::max();
    clock::time_point connect_deadline_ = clock::time_point::max();
    std::vector<tcp::endpoint> endpoints_;
    std::size_t next_ = 0;
    std::string address_;
    std::string problems_;
    std::string tls_version_;
    std::optional<tcp::socket> socket_;
    std::unique_ptr<channel> channel_;
    connect_result result_;
    bool finished_ = false;
};

class network_connector final : public connector {
public:
    explicit network_connector(std::shared_ptr<const server_settings> settings) : settings_(std::move(settings)) {}

    std::shared_ptr<pending_connect> connect(std::function<void(connect_result)> done) override
    {
        auto made = std::make_shared<network_connect>(settings_, std::move(done));
        made->start();
        return made;
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
