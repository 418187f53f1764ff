#pragma once

#include "connection/byte_stream.hpp"
#include "connection/channel.hpp"
#include "connection/exchange.hpp"
#include "connection/response_parser.hpp"
#include "runtime/completion.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/client_options.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/system/errc.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>

namespace sipher::detail {

/// How a connection ended outside an exchange: by itself, or because the server said something unasked.
enum class idle_end { closed, unsolicited };

/// Told when a connection ends outside an exchange.
class connection_owner {
public:
    virtual void on_connection_closed(class connection& closed, idle_end how) noexcept = 0;

protected:
    ~connection_owner() = default;
};

/// One connection to the server, ready to carry one request at a time.
///
/// A wait for readability is outstanding all its life: an end or unsolicited bytes while it is idle are noticed
/// when they come, and the same wait brings the next response. Buffers live here, not in the coroutines, and are
/// used again by the next exchange.
///
/// Thread safety: the lease holder starts exchanges and reads the report; readiness, deadlines and cancellation
/// come from anywhere. A mutex, never held while a handler runs, keeps them apart.
class connection final : public readiness_listener, public timer_target {
public:
    connection(boost::asio::any_io_executor executor, std::unique_ptr<channel> open_channel, std::string address,
               const limit_options& limits, std::shared_ptr<timer_queue> timers);
    ~connection() override;

    /// Starts watching. `owner` must outlive the connection or be taken away by `close`.
    void open(std::weak_ptr<connection_owner> owner);

    /// The text of the request to send, to be filled in before `async_exchange`.
    [[nodiscard]] std::string& request_text() noexcept { return request_text_; }

    /// Sends `request_text()` and reads the response. Completes with nothing; `report()` has the result.
    ///
    /// Cancellation: `terminal` and `partial` close the connection, `total` does so while no byte was accepted.
    template <class CompletionToken>
    auto async_exchange(exchange_request request, CompletionToken&& token)
    {
        return boost::asio::async_initiate<CompletionToken, void()>(
            [self = self()](auto handler, exchange_request wanted) {
                self->begin(std::move(wanted), completion<>{std::move(handler), self->executor_});
            },
            token, std::move(request));
    }

    /// Of the last exchange; valid until the next one begins.
    [[nodiscard]] const exchange_report& report() const noexcept { return report_; }
    [[nodiscard]] const response_head& head() const noexcept { return parser_.head(); }
    [[nodiscard]] std::string_view body() const noexcept { return parser_.body(); }

    [[nodiscard]] const std::string& address() const noexcept { return address_; }
    [[nodiscard]] bool is_open() const noexcept { return is_open_.load(std::memory_order_acquire); }

    /// Ends it. An exchange under way completes with `reason`. `abort`: so that nothing unsent still goes out.
    void close(boost::system::error_code reason, bool abort) noexcept;
    /// Gives back memory that an unusually large exchange took.
    void trim() noexcept;
    /// Nothing has been sent for some time: gives back the memory that exchanges use, unless one is under way.
    void rest() noexcept;

    void on_readable(boost::system::error_code failure) override;
    void on_writable(boost::system::error_code failure) override;
    void on_timer() override;

private:
    std::shared_ptr<connection> self() { return std::static_pointer_cast<connection>(shared_from_this()); }

    void begin(exchange_request request, completion<> done);
    void connect_cancellation();
    void cancel(boost::asio::cancellation_type type, std::uint64_t exchange_number);

    // The mutex is held in all of these.
    /// What is under way ends with `not_enough_memory` instead of being left half done.
    template <class Step>
    void unless_out_of_memory(Step step)
    {
        try {
            step();
        } catch (const std::bad_alloc&) {
            fail(make_error_code(boost::system::errc::not_enough_memory));
        }
    }
    void write_request();
    void expect_progress();
    void read_response();
    void take_bytes(std::string_view fresh);
    void take_response(bool nothing_follows);
    [[nodiscard]] static bool is_farewell(std::string_view said);
    [[nodiscard]] bool answers_earlier_request() const;
    void end_of_stream(boost::system::error_code failure);
    void fail(boost::system::error_code code, std::string problem = {});
    /// What to complete once the mutex is released.
    [[nodiscard]] completion<> finish();
    /// Whether the connection is still good.
    [[nodiscard]] bool watch_idle();
    void arm_read();
    void close_stream(bool abort) noexcept;

    const boost::asio::any_io_executor executor_;
    const std::string address_;
    const std::shared_ptr<timer_queue> timers_;

    mutable std::mutex mutex_;
    std::weak_ptr<connection_owner> owner_;
    std::unique_ptr<channel> channel_;
    /// There is a channel; for those who do not hold the mutex.
    std::atomic<bool> is_open_;
    /// Once it has ended outside an exchange.
    idle_end idle_end_ = idle_end::closed;
    /// Why the server refused the handshake, if that came to light before the first exchange.
    std::string refusal_;
    bool read_armed_ = false;
    bool write_armed_ = false;

    // The exchange under way; `done_` tells that there is one.
    completion<> done_;
    std::uint64_t exchange_number_ = 0;
    exchange_request request_;
    /// When the kernel must have taken some more; `max()` once it has all.
    clock::time_point write_deadline_ = clock::time_point::max();
    std::string request_text_;
    std::uint64_t wire_bytes_before_ = 0;
    /// Of the requests before, the last one first.
    std::array<std::string, 2> earlier_ids_;
    response_parser parser_;
    /// It has its result and only `finish` is left to do.
    bool ended_ = false;
    exchange_report report_;
};

} // namespace sipher::detail
