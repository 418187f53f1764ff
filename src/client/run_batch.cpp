#include "client/client_handle.hpp"
#include "client/operations.hpp"
#include "runtime/completion.hpp"
#include "values/validation.hpp"

#include <sipher/for_each_concurrent.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <exception>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

/// The workers of a batch, which take one input after the other. All of it runs on one strand.
class batch_run : public std::enable_shared_from_this<batch_run> {
public:
    using task = std::function<asio::awaitable<bool>(std::size_t)>;

    batch_run(const asio::any_io_executor& executor, std::size_t count, batch_options options, task run_one)
        : strand_(asio::make_strand(executor)), options_(std::move(options)), run_one_(std::move(run_one)),
          started_(now())
    {
        progress_.total = count;
    }

    [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }

    void start(completion<std::exception_ptr> done)
    {
        has_begun_ = true;
        done_ = std::move(done);
        if (auto slot = done_.slot(); slot.is_connected()) {
            slot.assign([weak = weak_from_this()](asio::cancellation_type type) {
                if (const auto self = weak.lock()) {
                    asio::post(self->strand_, [self, type] { self->cancel(type); });
                }
            });
        }
        asio::post(strand_, [self = shared_from_this()] { self->start_workers(); });
    }

private:
    struct worker {
        asio::cancellation_signal cancel;
        bool is_running = false;
    };

    [[nodiscard]] std::shared_ptr<sipher::clock> time() const
    {
        return options_.client ? handle_of(*options_.client)->services()->options.clock : system_clock();
    }
    [[nodiscard]] clock::time_point now() const { return time()->now(); }

    void start_workers()
    {
        tell();
        workers_.resize(std::min(options_.concurrency, progress_.total));
        for (worker& each : workers_) {
            go_on(each);
        }
        end_if_done();
    }

    void cancel(asio::cancellation_type type)
    {
        cancelled_ = true;
        for (worker& each : workers_) {
            if (each.is_running) {
                each.cancel.emit(type);
            }
        }
        end_if_done();
    }

    void go_on(worker& idle)
    {
        if (cancelled_ || failure_ || next_ == progress_.total) {
            return;
        }
        idle.is_running = true;
        ++progress_.running;
        auto finish = [self = shared_from_this(), &idle](const std::exception_ptr& thrown, bool went_well) {
            self->ended(idle, thrown, went_well);
        };
        asio::co_spawn(strand_, run_one_(next_++), asio::bind_cancellation_slot(idle.cancel.slot(), std::move(finish)));
    }

    void ended(worker& idle, const std::exception_ptr& thrown, bool went_well)
    {
        idle.is_running = false;
        --progress_.running;
        ++(went_well ? progress_.done : progress_.failed);
        failure_ = failure_ ? failure_ : thrown;
        tell();
        go_on(idle);
        end_if_done();
    }

    void tell()
    {
        if (!options_.on_progress) {
            return;
        }
        progress_.elapsed = now() - started_;
        const std::size_t ended = progress_.done + progress_.failed;
        if (ended != 0) {
            progress_.remaining = progress_.elapsed / ended * (progress_.total - ended);
        }
        if (options_.client) {
            progress_.waiting = options_.client->stats().rate_gate.waiting;
        }
        try {
            options_.on_progress(progress_);
        } catch (...) { // NOLINT(bugprone-empty-catch)
            // It cannot make fail what it only sees.
        }
    }

    void end_if_done()
    {
        const bool nothing_left = cancelled_ || failure_ || next_ == progress_.total;
        if (progress_.running == 0 && nothing_left && done_) {
            std::move(done_).post(failure_);
        }
    }

    const asio::strand<asio::any_io_executor> strand_;
    const batch_options options_;
    const task run_one_;
    const clock::time_point started_;
    completion<std::exception_ptr> done_;
    /// Their places stay the same.
    std::deque<worker> workers_;
    std::size_t next_ = 0;
    batch_progress progress_;
    bool has_begun_ = false;
    bool cancelled_ = false;
    std::exception_ptr failure_;
};

} // namespace

asio::awaitable<void> run_batch(std::size_t count, batch_options options,
                                std::function<asio::awaitable<bool>(std::size_t index)> run_one)
{
    if (options.concurrency == 0) {
        throw_invalid("concurrency", "must be at least 1");
    }
    if (options.client) {
        require_client(handle_of(*options.client));
    }
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto run = std::make_shared<batch_run>(executor, count, std::move(options), std::move(run_one));
    auto start = [run, executor](auto handler) {
        run->start(completion<std::exception_ptr>{std::move(handler), executor});
    };
    try {
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr)>(start,
                                                                                               asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        // Asio's word that the coroutine was cancelled before it came to this; the results say so.
        if (run->has_begun()) {
            throw;
        }
    }
}

} // namespace sipher::detail
