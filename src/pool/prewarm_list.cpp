#include "pool/prewarm_list.hpp"

#include <new>

namespace sipher::detail {

void prewarm_list::note(const connect_result& failure) noexcept
{
    for (pool_waiter& each : calls_) {
        acquire_result& result = static_cast<pool_call&>(each).result;
        if (!result.code) {
            result.code = failure.code;
            try {
                result.message = failure.message;
            } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
                // Only the code is reported.
            }
        }
    }
}

void prewarm_list::end(std::size_t ready, bool more_in_the_making, pool_aftermath& after) noexcept
{
    for (auto position = calls_.begin(); position != calls_.end();) {
        auto& call = static_cast<pool_call&>(*position++);
        const bool enough = ready >= *call.ready;
        if (enough || !more_in_the_making) {
            remove(call);
            after.complete(call, enough ? acquire_result{} : std::move(call.result));
        }
    }
}

void prewarm_list::end_all(boost::system::error_code code, pool_aftermath& after) noexcept
{
    while (!calls_.empty()) {
        auto& call = static_cast<pool_call&>(calls_.front());
        remove(call);
        after.complete(call, acquire_result{code});
    }
}

} // namespace sipher::detail
