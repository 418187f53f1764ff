#include "client/client_handle.hpp"
#include "client/operations.hpp"
#include "options/validation.hpp"
#include "runtime/spawn_on.hpp"

#include <sipher/async_call.hpp>
#include <sipher/for_each_concurrent.hpp>

#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

/// The progress of a batch. While it runs, it is accessed on one strand only.
class batch_account {
public:
    batch_account(std::size_t count, batch_options options)
        : options_(std::move(options)),
          time_(options_.client ? handle_of(*options_.client)->state()->options.clock : system_clock()),
          started_(time_->now())
    {
        progress_.total = count;
    }

    [[nodiscard]] bool has_more() const noexcept { return !failure_ && next_ != progress_.total; }

    std::size_t begin_next() noexcept
    {
        ++progress_.running;
        return next_++;
    }

    void end(bool went_well)
    {
        --progress_.running;
        ++(went_well ? progress_.done : progress_.failed);
        notify();
    }

    void fail(std::exception_ptr thrown) noexcept { failure_ = std::move(thrown); }
    void throw_failure() const
    {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

    void notify()
    {
        if (!options_.on_progress) {
            return;
        }
        progress_.elapsed = time_->now() - started_;
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
            // Exceptions from the callback are swallowed.
        }
    }

private:
    const batch_options options_;
    const std::shared_ptr<sipher::clock> time_;
    const clock::time_point started_;
    std::size_t next_ = 0;
    batch_progress progress_;
    std::exception_ptr failure_;
};

using batch_operation = std::function<asio::awaitable<bool>(std::size_t)>;

/// A worker that processes one input after the other.
asio::awaitable<void> work(std::shared_ptr<batch_account> all, std::shared_ptr<const batch_operation> run_one)
{
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    while (all->has_more() && cancellation.cancelled() == asio::cancellation_type::none) {
        bool went_well = false;
        try {
            went_well = co_await (*run_one)(all->begin_next());
        } catch (...) {
            all->fail(std::current_exception());
        }
        all->end(went_well);
    }
}

} // namespace

asio::awaitable<void> run_batch(std::size_t count, batch_options options,
                                std::function<asio::awaitable<bool>(std::size_t index)> run_one)
{
    require(options.concurrency != 0, "concurrency", "must be at least 1");
    if (options.client) {
        require_client(handle_of(*options.client));
    }
    const std::size_t concurrency = std::min(options.concurrency, count);
    const auto all = std::make_shared<batch_account>(count, std::move(options));
    all->notify();
    if (concurrency == 0) {
        co_return;
    }
    const auto strand = asio::make_strand(co_await asio::this_coro::executor);
    const auto each = std::make_shared<const batch_operation>(std::move(run_one));
    const auto start = [&] { return spawn_on(strand, with_all_cancellation(work(all, each))); };
    std::vector<decltype(start())> workers;
    while (workers.size() < concurrency) {
        workers.push_back(start());
    }
    auto group = asio::experimental::make_parallel_group(std::move(workers));
    auto ended = std::move(group).async_wait(asio::experimental::wait_for_all(), asio::deferred);
    co_await std::move(ended);
    all->throw_failure();
}

} // namespace sipher::detail
