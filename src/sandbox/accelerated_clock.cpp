#include <sipher/testing/accelerated_clock.hpp>

#include <sipher/error.hpp>
#include <sipher/error_code.hpp>

#include <utility>

namespace sipher::testing {

namespace {

/// Sets a real alarm for the time at which this clock will reach `when`.
class shortened_alarm final : public clock::alarm {
public:
    shortened_alarm(std::unique_ptr<alarm> real, clock::time_point start, int factor)
        : real_(std::move(real)), start_(start), factor_(factor)
    {
    }

    void set(clock::time_point when) override
    {
        // Rounded up: an early alarm would be set again repeatedly.
        real_->set(start_ + (when - start_) / factor_ + std::chrono::nanoseconds{1});
    }
    void cancel() noexcept override { real_->cancel(); }

private:
    const std::unique_ptr<alarm> real_;
    const clock::time_point start_;
    const int factor_;
};

int checked(int factor)
{
    if (factor < 1) {
        throw error{errc::invalid_request, "accelerated_clock: factor: must be at least 1"};
    }
    return factor;
}

} // namespace

accelerated_clock::accelerated_clock(int factor)
    : factor_(checked(factor)), real_(system_clock()), start_(real_->now()), wall_start_(real_->wall_now())
{
}

accelerated_clock::~accelerated_clock() = default;

clock::time_point accelerated_clock::now() const noexcept
{
    return start_ + (real_->now() - start_) * factor_;
}

clock::wall_time accelerated_clock::wall_now() const noexcept
{
    return wall_start_ + std::chrono::duration_cast<std::chrono::milliseconds>(now() - start_);
}

std::unique_ptr<clock::alarm> accelerated_clock::make_alarm(boost::asio::any_io_executor executor,
                                                            std::function<void()> on_wake)
{
    return std::make_unique<shortened_alarm>(real_->make_alarm(std::move(executor), std::move(on_wake)), start_,
                                             factor_);
}

} // namespace sipher::testing
