#include "call/client_state.hpp"

#include "options/origin.hpp"

#include <sipher/error_code.hpp>

#include <utility>

namespace sipher::detail {

namespace {

client_options with_clock(client_options options)
{
    if (!options.clock) {
        options.clock = system_clock();
    }
    return options;
}

} // namespace

client_state::client_state(client_options checked_options, const boost::asio::any_io_executor& executor)
    : options(with_clock(std::move(checked_options))),
      url(parse_base_url(options.base_url, origin_of_base_url(options))), key_origin(origin_of_key(options)),
      fields(options, url), random(std::make_shared<random_source>(options.jitter_seed)),
      timers(timer_queue::make(executor, options.clock)), user_waits(executor, timers), library_waits(executor, timers),
      gate(std::make_shared<rate_gate>(
          rate_gate_core::rules{options.rate_gate, options.rate_pacing == rate_pacing::window}, random, executor,
          timers)),
      day({options.rate_pacing == rate_pacing::day, options.daily_quota.reserve, options.daily_quota.thresholds},
          random, executor, timers),
      shared(options.quota_source, options.timeouts.quota_source), budget(options.retry.budget),
      renewal_phase(random->unit()), user_calls(std::make_shared<sleep_list>(executor, timers))
{
}

/// A later stage is never left again.
void client_state::reach(stage next) noexcept
{
    stage before = reached_;
    while (before < next && !reached_.compare_exchange_weak(before, next)) {
    }
}

void client_state::begin_closing() noexcept
{
    reach(stage::closing);
    gate->refuse_waiting();
    day.refuse_waiting();
    user_waits.end_common();
    user_waits.end_others();
    pool->refuse_waiting();
}

void client_state::close() noexcept
{
    // The observer is called meanwhile, so nobody waits for another who closes, but for an ending context.
    if (const std::unique_lock lock{close_mutex_, std::try_to_lock}; lock) {
        close_all();
    }
}

void client_state::close_all() noexcept
{
    reach(stage::closed);
    begin_closing();
    gate->close();
    day.close();
    library_waits.end_common();
    pool->close();
    user_calls.none_left->release({});
    // No timer is needed any more, and an alarm would keep the executor busy.
    timers->stop();
}

void client_state::on_context_shutdown() noexcept
{
    reach(stage::context_ended);
    const std::lock_guard lock{close_mutex_};
    close_all();
    user_waits.end_all();
    library_waits.end_all();
}

} // namespace sipher::detail
