#pragma once

#include "call/known_sessions.hpp"
#include "call/low_discrepancy_sequence.hpp"
#include "call/request_fields.hpp"
#include "options/base_url.hpp"
#include "pool/pool.hpp"
#include "ratelimit/day_limits.hpp"
#include "ratelimit/rate_gate.hpp"
#include "ratelimit/shared_quota.hpp"
#include "retry/retry_budget.hpp"
#include "runtime/context_watch.hpp"
#include "runtime/random_source.hpp"
#include "runtime/sleep_list.hpp"
#include "runtime/timer_queue.hpp"

#include <sipher/client_options.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace sipher::detail {

/// Who makes a call: the library's own deletes still run while the client shuts down.
enum class caller { user, library };

/// The state shared by all calls of a client.
struct client_state final : context_client {
    client_state(client_options checked_options, const boost::asio::any_io_executor& executor);

    [[nodiscard]] clock::time_point now() const noexcept { return timers->time().now(); }
    [[nodiscard]] clock::time_point boot_now() const noexcept { return timers->time().boot_now(); }

    const client_options options;
    const base_url url;
    /// The option that the key comes from. Determined once, because a program may change its environment later.
    const std::string key_origin;
    const request_fields fields;
    /// For calls without options.
    const call_options no_call_options;
    const std::shared_ptr<random_source> random;
    /// Separate from `random`, so that equal seeds do not produce equal ids.
    random_source request_ids{0};
    const std::shared_ptr<timer_queue> timers;
    /// Calls that wait for the rate gate or between two attempts.
    const std::shared_ptr<sleep_list> sleepers;
    const std::shared_ptr<sleep_list> library_sleepers;
    const std::shared_ptr<rate_gate> gate;
    day_limits day;
    shared_quota shared;
    retry_budget budget;
    std::shared_ptr<sipher::detail::pool> pool;

    known_sessions sessions;
    low_discrepancy_sequence renewal_phase;

    /// A list of sleepers that ends with the execution context and, for user calls, when calls are ended.
    [[nodiscard]] std::shared_ptr<sleep_list> make_sleepers(caller by);
    [[nodiscard]] const std::shared_ptr<sleep_list>& sleepers_of(caller by) const noexcept
    {
        return by == caller::user ? sleepers : library_sleepers;
    }
    [[nodiscard]] bool is_closed_to(caller by) const noexcept { return by == caller::user ? closing : closed; }
    /// Rejects new user calls; ends those that have not sent anything yet.
    void begin_closing() noexcept;
    /// Ends all operations in progress with `client_closed`.
    void close() noexcept;
    /// Calls and background work keep this state alive longer than the client, so the state watches for the end of the
    /// context.
    void on_context_shutdown() noexcept override;

    /// No new user calls and no new attempts of them.
    std::atomic<bool> closing = false;
    /// The same for the library's own calls.
    std::atomic<bool> closed = false;
    /// Operations on the client's own execution context will never complete.
    std::atomic<bool> context_ended = false;
    /// User calls in progress. Ending the last one of a closing client releases `drained`.
    std::atomic<std::size_t> active = 0;
    const std::shared_ptr<sleep_list> drained;

private:
    using sleep_lists = std::vector<std::weak_ptr<sleep_list>>;

    [[nodiscard]] sleep_lists& more_sleepers_of(caller by) noexcept
    {
        return by == caller::user ? more_sleepers_ : more_library_sleepers_;
    }
    [[nodiscard]] sleep_lists take_more_sleepers_of(caller by) noexcept;

    const boost::asio::any_io_executor executor_;
    /// An execution context may continue its destruction only when another closing thread has finished. Recursive,
    /// because a coroutine that ends here may hold the last handle.
    std::recursive_mutex close_mutex_;
    std::mutex mutex_;
    sleep_lists more_sleepers_;
    sleep_lists more_library_sleepers_;
};

} // namespace sipher::detail
