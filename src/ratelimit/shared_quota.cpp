#include "ratelimit/shared_quota.hpp"

#include "base/deadline.hpp"
#include "runtime/spawn_on.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <exception>

namespace sipher {

quota_source::~quota_source() = default;

namespace detail {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds pause_after_failure{1};

asio::awaitable<std::chrono::nanoseconds> take(std::shared_ptr<quota_source> source, quota_request wanted)
{
    co_return co_await source->take(wanted);
}

} // namespace

asio::awaitable<std::chrono::nanoseconds> shared_quota::ask(quota_request wanted, const clock& time,
                                                            std::shared_ptr<sleep_list> sleepers,
                                                            clock::time_point until)
{
    // A strand, because whichever of the two ends first cancels the other.
    const auto executor = asio::make_strand(co_await asio::this_coro::executor);
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    const clock::time_point timeout_at = deadline_after(time.now(), timeout_);
    auto asking = spawn_on(executor, take(source_, wanted));
    // A parallel group has no executor: without this one, the sleep would end on the client's executor.
    auto waiting =
        sleepers->async_sleep_until(std::min(timeout_at, until), asio::bind_executor(executor, asio::deferred));
    auto both = asio::experimental::make_parallel_group(std::move(asking), std::move(waiting));
    auto first = std::move(both).async_wait(asio::experimental::wait_for_one(), asio::deferred);
    auto [order, thrown, wait, woken] = co_await std::move(first);
    const bool has_ended = order[0] == 0;
    if (has_ended && !thrown) {
        co_return std::max(wait, std::chrono::nanoseconds{});
    }
    const bool was_cancelled = cancellation.cancelled() != asio::cancellation_type::none;
    const bool was_too_slow = !has_ended && !woken && timeout_at <= until;
    if (!was_cancelled && (has_ended || was_too_slow)) {
        fail(time.now());
    }
    co_return std::chrono::nanoseconds{};
}

void shared_quota::fail(clock::time_point now) noexcept
{
    failures_.fetch_add(1, std::memory_order_relaxed);
    silent_until_.store((now + pause_after_failure).time_since_epoch().count(), std::memory_order_relaxed);
}

} // namespace detail

} // namespace sipher
