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
      timers(timer_queue::make(executor, options.clock)), sleepers(std::make_shared<sleep_list>(executor, timers)),
      library_sleepers(std::make_shared<sleep_list>(executor, timers)),
      gate(std::make_shared<rate_gate>(
          rate_gate_core::rules{options.rate_gate, options.rate_pacing == rate_pacing::window}, random, executor,
          timers)),
      day({options.rate_pacing == rate_pacing::day, options.daily_quota.reserve, options.daily_quota.thresholds},
          random, executor, timers),
      shared(options.quota_source, options.timeouts.quota_source), budget(options.retry.budget),
      renewal_phase(random->unit()), drained(std::make_shared<sleep_list>(executor, timers)), executor_(executor)
{
}

std::shared_ptr<sleep_list> client_state::make_sleepers(caller by)
{
    auto made = std::make_shared<sleep_list>(executor_, timers);
    const std::lock_guard lock{mutex_};
    std::erase_if(more_sleepers_of(by), [](const auto& each) { return each.expired(); });
    more_sleepers_of(by).push_back(made);
    if (context_ended) {
        made->release(errc::client_closed);
    }
    return made;
}

client_state::sleep_lists client_state::take_more_sleepers_of(caller by) noexcept
{
    const std::lock_guard lock{mutex_};
    return std::exchange(more_sleepers_of(by), {});
}

void client_state::begin_closing() noexcept
{
    closing = true;
    gate->refuse_waiting();
    day.refuse_waiting();
    sleepers->release(errc::client_closed);
    for (const auto& each : take_more_sleepers_of(caller::user)) {
        if (const auto there = each.lock()) {
            there->release(errc::client_closed);
        }
    }
    pool->refuse_waiting();
}

void client_state::close() noexcept
{
    const std::lock_guard lock{close_mutex_};
    closed = true;
    begin_closing();
    gate->close();
    day.close();
    library_sleepers->release(errc::client_closed);
    pool->close();
    drained->release({});
    // No timer is needed any more, and an alarm would keep the executor busy.
    timers->stop();
}

void client_state::on_context_shutdown() noexcept
{
    {
        const std::lock_guard lock{mutex_};
        context_ended = true;
    }
    close();
    for (const auto& each : take_more_sleepers_of(caller::library)) {
        if (const auto there = each.lock()) {
            there->release(errc::client_closed);
        }
    }
}

} // namespace sipher::detail
