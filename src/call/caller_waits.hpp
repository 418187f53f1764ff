#pragma once

#include "runtime/sleep_list.hpp"
#include "runtime/timer_queue.hpp"
#include "runtime/weak_list.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <mutex>

namespace sipher::detail {

/// The waits of all calls of one kind, which end together.
///
/// Thread safety: all members may be called from any thread.
class caller_waits {
public:
    caller_waits(boost::asio::any_io_executor executor, std::shared_ptr<timer_queue> timers);

    /// For calls that wait for the rate limit or between two attempts.
    [[nodiscard]] const std::shared_ptr<sleep_list>& common() const noexcept { return common_; }
    /// A list for another purpose.
    [[nodiscard]] std::shared_ptr<sleep_list> make();

    /// Ends the waits in the common list, including later ones, with `client_closed`.
    void end_common() noexcept { common_->release(errc::client_closed); }
    /// Ends the waits in the present lists for other purposes.
    void end_others() noexcept;
    /// Ends all waits, including those in lists made later.
    void end_all() noexcept;

private:
    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<timer_queue> timers_;
    const std::shared_ptr<sleep_list> common_;
    std::mutex mutex_;
    weak_list<sleep_list> others_;
    bool ended_ = false;
};

} // namespace sipher::detail
