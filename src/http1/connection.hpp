#pragma once

#include "http1/exchange.hpp"
#include "http1/http_exchange.hpp"
#include "net/byte_stream.hpp"
#include "net/channel.hpp"
#include "runtime/completion.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/client_options.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/system/errc.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>

namespace sipher::detail {

/// How a connection ended outside an exchange: closed, or because of unsolicited data from the server.
enum class idle_end { closed, unsolicited };

/// Notified when a connection ends outside an exchange.
class connection_owner {
public:
    virtual void on_connection_closed(class connection& closed, idle_end how) noexcept = 0;

protected:
    ~connection_owner() = default;
};

/// One connection to the server, ready to carry one request at a time.
///
/// `http_exchange` does the reading and writing; this class waits, for the channel, for deadlines and for cancellation.
/// A wait for readability is always outstanding: an end or unsolicited bytes are noticed at once while it is idle, and
/// the same wait receives the next response.
///
/// Thread safety: the lease holder starts exchanges and reads results; readiness, deadlines and cancellation come from
/// any thread. A mutex, never held while a handler runs, serializes them.
class connection final : public readiness_listener, public timer_target {
public:
    connection(boost::asio::any_io_executor executor, std::unique_ptr<channel> open_channel, std::string address,
               std::shared_ptr<parser_pool> parsers, std::shared_ptr<timer_queue> timers);
    ~connection() override;

    /// Starts watching. `owner` must outlive the connection or be detached by `close`.
    void open(std::weak_ptr<connection_owner> owner);

    using exchange_completion = completion<exchange_result>;
    /// Sends the request and reads the response. The handler runs on `executor()` unless it has its own executor.
    ///
    /// Cancellation: `terminal` and `partial` close the connection, `total` does so while no byte was accepted.
    void start_exchange(const request_view& request, const exchange_parameters& parameters, exchange_completion done);
    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

    /// The result of the last exchange; valid until the next one begins or `forget_response`.
    [[nodiscard]] exchange_result result() const noexcept { return exchange_.result(); }

    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] bool is_open() const noexcept { return is_open_.load(std::memory_order_acquire); }

    /// Closes it. An exchange in progress completes with `reason`. `abort`: unsent data is discarded.
    void close(boost::system::error_code reason, bool abort) noexcept;
    /// The result of the last exchange is no longer needed: frees its memory.
    void forget_response() noexcept;
    /// After an idle period: frees the memory for exchanges, unless one is in progress.
    void release_idle_buffers() noexcept;

    void on_readable(boost::system::error_code failure) override;
    void on_writable(boost::system::error_code failure) override;
    void on_timer() override;

private:
    /// Its result, taken with the mutex held: whoever waits may be destroyed on another thread, and the response with
    /// it.
    struct ended_exchange {
        exchange_completion done;
        exchange_result result;
    };

    std::shared_ptr<connection> self() { return std::static_pointer_cast<connection>(shared_from_this()); }

    void connect_cancellation();
    void cancel(boost::asio::cancellation_type type, std::uint64_t exchange_number);

    // All of these require the mutex to be held.
    /// If `step` is out of memory, the exchange ends with `not_enough_memory` instead of remaining incomplete.
    template <class Step>
    void unless_out_of_memory(Step step)
    {
        try {
            step();
        } catch (const std::bad_alloc&) {
            exchange_.fail(make_error_code(boost::system::errc::not_enough_memory));
        }
    }
    void begin(const request_view& request, const exchange_parameters& parameters);
    void write_request();
    void expect_progress();
    /// What to complete after releasing the mutex, if the exchange has ended.
    [[nodiscard]] ended_exchange finish();
    /// Whether the connection is still usable: reads what has arrived outside an exchange, and closes it unless that is
    /// nothing.
    [[nodiscard]] bool is_quiet();
    /// The same, and goes on waiting.
    [[nodiscard]] bool watch_idle();
    /// Closes the connection if it lacks the memory to wait.
    void arm_read() noexcept;
    void close_channel(bool abort) noexcept;
    /// Requires the mutex not to be held. Does nothing if it has not ended.
    static void complete(ended_exchange ended, bool may_be_inline);

    const boost::asio::any_io_executor executor_;
    const std::string address_;
    const std::shared_ptr<timer_queue> timers_;

    mutable std::mutex mutex_;
    std::weak_ptr<connection_owner> owner_;
    std::unique_ptr<channel> channel_;
    /// Whether there is a channel, for access without the mutex.
    std::atomic<bool> is_open_;
    /// Set when it has ended outside an exchange.
    idle_end idle_end_ = idle_end::closed;
    /// Why the server refused the handshake, if that was detected before the first exchange.
    std::string refusal_;
    bool read_armed_ = false;
    bool write_armed_ = false;

    http_exchange exchange_;
    /// The completion of the current exchange, if any.
    exchange_completion done_;
    std::uint64_t exchange_number_ = 0;
    exchange_parameters parameters_;
    /// By when the kernel must have accepted more bytes; `max()` once it has all.
    clock::time_point write_deadline_ = clock::time_point::max();
};

} // namespace sipher::detail
