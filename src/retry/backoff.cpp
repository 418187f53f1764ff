#include "retry/backoff.hpp"

#include <algorithm>

namespace sipher::detail {

std::chrono::nanoseconds next_delay(const retry_options& options, unsigned failed_attempts, bool throttled,
                                    std::optional<std::chrono::milliseconds> retry_after, double random)
{
    using std::chrono::nanoseconds;
    if (retry_after) {
        const nanoseconds asked = *retry_after;
        const nanoseconds spread = std::min<nanoseconds>(asked / 10, std::chrono::seconds{1});
        return asked + nanoseconds{static_cast<nanoseconds::rep>(static_cast<double>(spread.count()) * random)};
    }
    nanoseconds bound = throttled ? options.throttled_base_delay : options.base_delay;
    for (unsigned i = 1; i < failed_attempts && bound < options.max_delay; ++i) {
        bound *= 2;
    }
    bound = std::min<nanoseconds>(bound, options.max_delay);
    return nanoseconds{static_cast<nanoseconds::rep>(static_cast<double>(bound.count()) * random)};
}

} // namespace sipher::detail
