#pragma once

#include "call/dead_sessions.hpp"
#include "call/even_spread.hpp"
#include "call/request_fields.hpp"
#include "call/service_clock.hpp"
#include "pool/pool.hpp"
#include "retry/day_limits.hpp"
#include "retry/rate_gate.hpp"
#include "retry/retry_budget.hpp"
#include "runtime/context_watch.hpp"
#include "runtime/jitter.hpp"
#include "runtime/sleep_list.hpp"
#include "runtime/timer_queue.hpp"
#include "values/base_url.hpp"

#include <sipher/client_options.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace sipher::detail {

/// What all calls of a client share.
struct call_services final : context_client {
    call_services(client_options checked_options, const boost::asio::any_io_executor& executor);

    [[nodiscard]] clock::time_point now() const noexcept { return timers->time().now(); }

    const client_options options;
    const base_url url;
    const request_fields fields;
    /// Of calls that were given none.
    const call_options no_call_options;
    const std::shared_ptr<jitter> chance;
    /// Apart from `chance`, so that equal seeds do not make equal ids.
    jitter request_ids{0};
    const std::shared_ptr<timer_queue> timers;
    /// Calls that wait for the rate gate or between two attempts.
    const std::shared_ptr<sleep_list> sleepers;
    const std::shared_ptr<rate_gate> gate;
    day_limits day;
    retry_budget budget;
    std::shared_ptr<sipher::detail::pool> pool;

    service_clock service_time;
    dead_sessions dead;
    even_spread renewals;

    /// The latest that it may be at the service.
    [[nodiscard]] clock::wall_time service_now() const;
    /// Takes in the `Date` of a response to a request that was sent at `sent`.
    void learn_date(std::string_view date, clock::time_point sent, clock::time_point now);
    /// A list of sleepers that the end of the execution context finds.
    [[nodiscard]] std::shared_ptr<sleep_list> make_sleepers(const boost::asio::any_io_executor& executor);
    /// Calls and background work keep the services beyond the client, so these are what the context tells of its end.
    void on_context_shutdown() noexcept override;

    /// No new calls, and no new attempts.
    std::atomic<bool> closing = false;
    /// Calls under way. Whoever ends the last one of a closing client releases `drained`.
    std::atomic<std::size_t> active = 0;
    const std::shared_ptr<sleep_list> drained;

private:
    std::mutex mutex_;
    std::vector<std::weak_ptr<sleep_list>> more_sleepers_;
};

} // namespace sipher::detail
