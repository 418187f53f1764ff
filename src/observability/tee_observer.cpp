#include <sipher/observability/tee_observer.hpp>

#include "runtime/notify.hpp"

#include <type_traits>
#include <utility>

namespace sipher {

namespace {

template <class List, class Observer, class... Arguments>
void notify_all(const List& observers, void (Observer::*member)(Arguments...),
                std::type_identity_t<Arguments>... arguments) noexcept
{
    for (const auto& each : observers) {
        detail::notify(each.get(), member, arguments...);
    }
}

class call_tee final : public call_observer {
public:
    void add(std::unique_ptr<call_observer> each) { observers_.push_back(std::move(each)); }
    [[nodiscard]] bool is_empty() const noexcept { return observers_.empty(); }

    void on_attempt_begin(const attempt_begin_event& event, header_list& headers) override
    {
        notify_all(observers_, &call_observer::on_attempt_begin, event, headers);
    }
    void on_attempt(const attempt_event& event) override { notify_all(observers_, &call_observer::on_attempt, event); }
    void on_end(const call_end_event& event) override { notify_all(observers_, &call_observer::on_end, event); }

private:
    std::vector<std::unique_ptr<call_observer>> observers_;
};

} // namespace

tee_observer::tee_observer(std::vector<std::shared_ptr<observer>> observers) : observers_{std::move(observers)} {}
tee_observer::~tee_observer() = default;

void tee_observer::on_connect(const connect_event& event)
{
    notify_all(observers_, &observer::on_connect, event);
}

void tee_observer::on_close(const close_event& event)
{
    notify_all(observers_, &observer::on_close, event);
}

std::unique_ptr<call_observer> tee_observer::on_call(const call_event& event)
{
    auto made = std::make_unique<call_tee>();
    for (const auto& each : observers_) {
        try {
            if (auto watching = each ? each->on_call(event) : nullptr) {
                made->add(std::move(watching));
            }
        } catch (...) { // NOLINT(bugprone-empty-catch): it keeps none from the others
        }
    }
    return made->is_empty() ? nullptr : std::move(made);
}

void tee_observer::on_attempt(const attempt_event& event)
{
    notify_all(observers_, &observer::on_attempt, event);
}

void tee_observer::on_retry(const retry_event& event)
{
    notify_all(observers_, &observer::on_retry, event);
}

void tee_observer::on_rate_limit(const rate_limit_event& event)
{
    notify_all(observers_, &observer::on_rate_limit, event);
}

void tee_observer::on_quota(const quota_event& event)
{
    notify_all(observers_, &observer::on_quota, event);
}

} // namespace sipher
