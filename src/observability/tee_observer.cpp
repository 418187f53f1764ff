#include <sipher/observability/tee_observer.hpp>

#include "runtime/notify.hpp"

#include <utility>

namespace sipher {

namespace {

template <class Event>
void tell_all(const std::vector<std::shared_ptr<observer>>& observers, void (observer::*tell)(const Event&),
              const Event& event) noexcept
{
    for (const auto& each : observers) {
        detail::notify(each.get(), tell, event);
    }
}

} // namespace

tee_observer::tee_observer(std::vector<std::shared_ptr<observer>> observers) : observers_{std::move(observers)} {}
tee_observer::~tee_observer() = default;

void tee_observer::on_connect(const connect_event& event)
{
    tell_all(observers_, &observer::on_connect, event);
}

void tee_observer::on_close(const close_event& event)
{
    tell_all(observers_, &observer::on_close, event);
}

void tee_observer::on_attempt(const attempt_event& event)
{
    tell_all(observers_, &observer::on_attempt, event);
}

void tee_observer::on_retry(const retry_event& event)
{
    tell_all(observers_, &observer::on_retry, event);
}

void tee_observer::on_rate_limit(const rate_limit_event& event)
{
    tell_all(observers_, &observer::on_rate_limit, event);
}

void tee_observer::on_quota(const quota_event& event)
{
    tell_all(observers_, &observer::on_quota, event);
}

} // namespace sipher
