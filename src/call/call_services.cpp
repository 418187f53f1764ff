#include "call/call_services.hpp"

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
    : options(with_clock(std::move(checked_options))), url(parse_base_url(options.base_url)),
      chance(std::make_shared<jitter>(options.jitter_seed)), timers(timer_queue::make(executor, options.clock)),
      sleepers(std::make_shared<sleep_list>(executor, timers)), gate({options.rate_gate, options.rate_pacing}, chance),
      budget(options.retry.budget), drained(std::make_shared<sleep_list>(executor, timers))
{
}

} // namespace sipher::detail
