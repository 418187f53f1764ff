#pragma once

#include <sipher/config.hpp>
#include <sipher/observer.hpp>

#include <memory>
#include <vector>

namespace sipher {

/// Passes each event on to several observers, in order. An exception from one does not affect the others.
///
/// Thread safety: that of the observers.
class SIPHER_API tee_observer : public observer {
public:
    /// Null observers are skipped.
    explicit tee_observer(std::vector<std::shared_ptr<observer>> observers);
    ~tee_observer() override;

    void on_connect(const connect_event& event) override;
    void on_close(const close_event& event) override;
    std::unique_ptr<call_observer> on_call(const call_event& event) override;
    void on_attempt(const attempt_event& event) override;
    void on_retry(const retry_event& event) override;
    void on_rate_limit(const rate_limit_event& event) override;
    void on_quota(const quota_event& event) override;

private:
    const std::vector<std::shared_ptr<observer>> observers_;
};

} // namespace sipher
