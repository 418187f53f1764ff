#pragma once

#include "pool/pool.hpp"
#include "retry/rate_gate.hpp"
#include "retry/retry_budget.hpp"
#include "runtime/jitter.hpp"
#include "runtime/sleep_list.hpp"
#include "runtime/timer_queue.hpp"
#include "values/base_url.hpp"

#include <sipher/client_options.hpp>

#include <atomic>
#include <cstddef>
#include <memory>

namespace sipher::detail {

/// What all calls of a client share.
struct call_services {
    call_services(client_options checked_options, const boost::asio::any_io_executor& executor);

    [[nodiscard]] clock::time_point now() const noexcept { return timers->time().now(); }

    const client_options options;
    const base_url url;
    const std::shared_ptr<jitter> chance;
    const std::shared_ptr<timer_queue> timers;
    /// Calls that wait for the rate gate or between two attempts.
    const std::shared_ptr<sleep_list> sleepers;
    rate_gate gate;
    retry_budget budget;
    std::shared_ptr<sipher::detail::pool> pool;

    /// No new calls, and no new attempts.
    std::atomic<bool> closing = false;
    /// Calls under way. Whoever ends the last one of a closing client releases `drained`.
    std::atomic<std::size_t> active = 0;
    const std::shared_ptr<sleep_list> drained;
};

} // namespace sipher::detail
