#pragma once

#include <sipher/clock.hpp>
#include <sipher/config.hpp>

#include <memory>

namespace sipher::testing {

/// Real time, sped up: for programs that show in seconds what otherwise takes hours. Timeouts shrink with it, so make
/// them generous; for tests, `manual_clock` is the better choice.
///
/// Thread safety: all members may be called from any thread.
class SIPHER_API accelerated_clock : public clock {
public:
    /// Throws `sipher::error` (`errc::invalid_request`) for a factor below 1.
    /// @param factor Seconds on this clock per real second.
    explicit accelerated_clock(int factor);
    ~accelerated_clock() override;

    [[nodiscard]] time_point now() const noexcept override;
    [[nodiscard]] wall_time wall_now() const noexcept override;
    [[nodiscard]] std::unique_ptr<alarm> make_alarm(boost::asio::any_io_executor executor,
                                                    std::function<void()> on_wake) override;

private:
    const int factor_;
    const std::shared_ptr<clock> real_;
    const time_point start_;
    const wall_time wall_start_;
};

} // namespace sipher::testing
