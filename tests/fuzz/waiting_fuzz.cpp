#include "http1/rate_limit_fields.hpp"
#include "ratelimit/rate_gate_core.hpp"
#include "require.hpp"
#include "retry/retry_after.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

// Whatever a response says of when to come back, the wait is not negative and not endless. The lines of the input are
// the values of `Retry-After`, `Date` and the fields of the rate limit, in this order.

namespace {

using namespace sipher;
using namespace std::chrono_literals;

std::string_view next_line(std::string_view& rest)
{
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return line;
}

detail::rate_limit_fields::state_list read_fields(std::string_view date, std::string_view rest)
{
    static const testing::manual_clock clock;
    constexpr std::array<const char*, 8> names{"RateLimit-Limit",       "RateLimit-Remaining", "RateLimit-Reset",
                                               "RateLimit-Policy",      "RateLimit",           "X-RateLimit-Limit",
                                               "X-RateLimit-Remaining", "X-RateLimit-Reset"};
    detail::rate_limit_fields fields;
    for (const char* const name : names) {
        fields.read(detail::rate_limit_fields::identify(name), next_line(rest));
    }
    return fields.plausible(date, clock);
}

void check_gate(const detail::rate_limit_fields::state_list& policies,
                std::optional<std::chrono::milliseconds> retry_after)
{
    static const auto random = std::make_shared<detail::random_source>(1);
    for (const auto& [refused, pacing] : {std::pair{false, false}, std::pair{true, false}, std::pair{false, true}}) {
        detail::rate_gate_core gate{{true, pacing}, random};
        clock::time_point now = clock::time_point{} + 24h;
        for (int i = 0; i < 3; ++i) {
            gate.learn({policies, refused, retry_after, now}, now);
            detail::gate_waiter one{{}, clock::time_point::max()};
            if (!gate.enter(one, false, now)) {
                require(gate.next_release() >= now && gate.next_release() <= now + 3h);
                now = gate.next_release();
                require(gate.release(now) == &one);
            }
            require(gate.pass(true, now));
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view rest{reinterpret_cast<const char*>(data), size};
    const std::string_view after = next_line(rest);
    const std::string_view date = next_line(rest);
    constexpr clock::wall_time wall{std::chrono::milliseconds{1'795'464'000'000}};
    const auto wait = detail::parse_retry_after(after, date, wall);
    require(!wait || (*wait >= 0ms && *wait <= std::chrono::years{250}));
    static_cast<void>(detail::parse_utc_time(after));
    check_gate(read_fields(date, rest), wait);
    return 0;
}
