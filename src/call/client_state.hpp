#pragma once

#include "call/caller_waits.hpp"
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
#include <utility>

namespace sipher::detail {

/// Who makes a call: the library's own deletes still run while the client shuts down.
enum class caller { user, library };

/// Counts calls; whoever waits for the end of the last one waits in `none_left`.
class calls_in_progress {
public:
    explicit calls_in_progress(std::shared_ptr<sleep_list> waiting) : none_left(std::move(waiting)) {}

    void begin() noexcept { count_.fetch_add(1); }
    /// Whether it was the last.
    [[nodiscard]] bool end() noexcept { return count_.fetch_sub(1) == 1; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    const std::shared_ptr<sleep_list> none_left;

private:
    std::atomic<std::size_t> count_ = 0;
};

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
    caller_waits user_waits;
    caller_waits library_waits;
    const std::shared_ptr<rate_gate> gate;
    day_limits day;
    shared_quota shared;
    retry_budget budget;
    std::shared_ptr<sipher::detail::pool> pool;

    known_sessions sessions;
    low_discrepancy_sequence renewal_phase;
    calls_in_progress user_calls;

    [[nodiscard]] caller_waits& waits_of(caller by) noexcept { return by == caller::user ? user_waits : library_waits; }
    /// No new user calls and no new attempts of them.
    [[nodiscard]] bool is_closing() const noexcept { return reached_ >= stage::closing; }
    /// The same for the library's own calls.
    [[nodiscard]] bool is_closed() const noexcept { return reached_ >= stage::closed; }
    [[nodiscard]] bool is_closed_to(caller by) const noexcept
    {
        return by == caller::user ? is_closing() : is_closed();
    }
    /// Operations on the client's own execution context will never complete.
    [[nodiscard]] bool has_context_ended() const noexcept { return reached_ == stage::context_ended; }

    /// Rejects new user calls; ends those that have not sent anything yet.
    void begin_closing() noexcept;
    /// Ends all operations in progress with `client_closed`.
    void close() noexcept;
    /// Calls and background work keep this state alive longer than the client, so the state watches for the end of the
    /// context.
    void on_context_shutdown() noexcept override;

private:
    enum class stage { open, closing, closed, context_ended };

    void reach(stage next) noexcept;
    void close_all() noexcept;

    std::atomic<stage> reached_ = stage::open;
    /// An execution context may continue its destruction only when another closing thread has finished. Recursive,
    /// because a coroutine that ends here may hold the last handle.
    std::recursive_mutex close_mutex_;
};

} // namespace sipher::detail
