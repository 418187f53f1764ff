#include "call/call_services.hpp"

#include "retry/retry_after.hpp"

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

call_services::call_services(client_options checked_options, const boost::asio::any_io_executor& executor)
    : options(with_clock(std::move(checked_options))), url(parse_base_url(options.base_url)), fields(options, url),
      chance(std::make_shared<jitter>(options.jitter_seed)), timers(timer_queue::make(executor, options.clock)),
      sleepers(std::make_shared<sleep_list>(executor, timers)),
      gate(std::make_shared<rate_gate>(
          rate_gate_core::rules{options.rate_gate, options.rate_pacing == rate_pacing::window}, chance, executor,
          timers)),
      day({options.rate_pacing == rate_pacing::day, options.daily_quota.reserve, options.daily_quota.thresholds},
          chance, executor, timers),
      budget(options.retry.budget), renewals(chance->unit()), drained(std::make_shared<sleep_list>(executor, timers))
{
}

clock::wall_time call_services::service_now() const
{
    return service_time.latest(now(), timers->time().wall_now());
}

void call_services::learn_date(std::string_view date, clock::time_point sent, clock::time_point now)
{
    if (!service_time.is_stale(now)) {
        return;
    }
    using namespace std::chrono_literals;
    if (const auto stamp = parse_http_date(date)) {
        service_time.learn({*stamp, 1s}, sent, now, timers->time().wall_now());
    }
}

std::shared_ptr<sleep_list> call_services::make_sleepers(const boost::asio::any_io_executor& executor)
{
    auto made = std::make_shared<sleep_list>(executor, timers);
    const std::lock_guard lock{mutex_};
    std::erase_if(more_sleepers_, [](const auto& each) { return each.expired(); });
    more_sleepers_.push_back(made);
    return made;
}

void call_services::on_context_shutdown() noexcept
{
    closing = true;
    timers->stop();
    gate->abandon();
    day.abandon();
    sleepers->abandon();
    drained->abandon();
    std::vector<std::weak_ptr<sleep_list>> others;
    {
        const std::lock_guard lock{mutex_};
        others.swap(more_sleepers_);
    }
    for (const auto& each : others) {
        if (const auto there = each.lock()) {
            there->abandon();
        }
    }
    pool->close();
}

} // namespace sipher::detail
