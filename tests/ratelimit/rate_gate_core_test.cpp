// Random headers: whatever a response says, the gate is never closed for longer than it can be meant.
// SIPHER_HEADER_SETS sets how many are tried.
#include "http1/rate_limit_fields.hpp"
#include "ratelimit/rate_gate_core.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace sipher::detail {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view date = "Tue, 24 Nov 2026 07:27:00 GMT";
constexpr std::int64_t now_in_unix_seconds = 1'795'505'220;

int header_sets()
{
    const char* const wanted = std::getenv("SIPHER_HEADER_SETS");
    return wanted != nullptr ? std::atoi(wanted) : 20'000;
}

/// Makes up headers, and knows for how long each can close the gate.
class header_maker {
public:
    explicit header_maker(std::uint64_t seed) : random_(seed) {}

    struct header_set {
        std::vector<std::pair<std::string, std::string>> fields;
        /// What the header can mean at most.
        std::chrono::seconds longest{};
    };

    header_set make()
    {
        header_set made;
        const auto limit = pick<std::int64_t>({0, 1, 100, 100, 4'000'000'000});
        const auto remaining = pick<std::int64_t>({0, 0, 0, 1, 99, 100});
        const auto window = pick<std::int64_t>({-1, 0, 1, 60, 60, 3600, 86'400, 604'800});
        const auto [reset, in] = make_reset();
        made.longest = closure(limit, remaining, window, in);
        write(made, limit, remaining, window, reset);
        if (draw(3) == 0) {
            spoil(made);
        }
        return made;
    }

private:
    std::int64_t draw(std::int64_t below) { return std::uniform_int_distribution<std::int64_t>{0, below - 1}(random_); }

    template <class T>
    T pick(const std::vector<T>& from)
    {
        return from[static_cast<std::size_t>(draw(static_cast<std::int64_t>(from.size())))];
    }

    /// The text, and the seconds until then if it can be meant.
    std::pair<std::string, std::optional<std::int64_t>> make_reset()
    {
        const std::int64_t in = draw(2) == 0 ? draw(120) : draw(100'000);
        const std::string number = std::to_string(in);
        switch (draw(8)) {
        case 0: return {"", std::nullopt};
        case 1: return {std::to_string(now_in_unix_seconds + in), in};
        case 2: return {std::to_string((now_in_unix_seconds + in) * 1000), in};
        case 3: return {number + ".5", in + 1};
        case 4: return {"-" + number, std::nullopt};
        case 5: return {std::to_string(100'000'000 + in), std::nullopt};
        case 6: return {"Tue, 24 Nov 2026 07:27:" + std::to_string(10 + in % 50) + " GMT", 10 + in % 50};
        default: return {number, in};
        }
    }

    static std::chrono::seconds closure(std::int64_t limit, std::int64_t remaining, std::int64_t window,
                                        const std::optional<std::int64_t>& in)
    {
        if (limit == 0 || remaining != 0) {
            return 0s;
        }
        const std::int64_t named = window > 0 ? window : 0;
        const std::int64_t until = !in ? named : named != 0 ? std::min(*in, named) : *in;
        return std::min<std::chrono::seconds>(std::chrono::seconds{until}, 1h);
    }

    void write(header_set& made, std::int64_t limit, std::int64_t remaining, std::int64_t window,
               const std::string& reset)
    {
        const std::string w = window >= 0 ? ";w=" + std::to_string(window) : "";
        const std::string l = std::to_string(limit);
        const std::string r = std::to_string(remaining);
        const bool is_number = !reset.empty() && reset.find_first_not_of("0123456789.-") == std::string::npos;
        if (draw(3) == 0 && (reset.empty() || is_number)) {
            made.fields = {{"RateLimit-Policy", R"("a;b";q=)" + l + w},
                           {"RateLimit", R"("a;b";r=)" + r + (reset.empty() ? "" : ";t=" + reset)}};
        } else if (draw(2) == 0 && (reset.empty() || is_number)) {
            made.fields = {
                {"RateLimit-Policy", l + w},
                {"RateLimit", "limit=" + l + ", remaining=" + r + (reset.empty() ? "" : ", reset=" + reset)}};
        } else {
            const std::string x = draw(4) == 0 ? "X-" : "";
            made.fields = {{"RateLimit-Policy", l + w},
                           {x + "RateLimit-Limit", l},
                           {x + "RateLimit-Remaining", r},
                           {x + "RateLimit-Reset", reset}};
        }
        std::ranges::shuffle(made.fields, random_);
    }

    /// A byte goes wrong, or two: anything can be meant then that does not last for more than an hour.
    void spoil(header_set& made)
    {
        std::string& value = pick_reference(made.fields).second;
        static constexpr std::string_view bytes = "0123456789;,=\" .-()@:?%wqrt\\\x01\xff";
        for (std::int64_t left = 1 + draw(2); left != 0 && !value.empty(); --left) {
            value[static_cast<std::size_t>(draw(static_cast<std::int64_t>(value.size())))] =
                bytes[static_cast<std::size_t>(draw(static_cast<std::int64_t>(bytes.size())))];
        }
        made.longest = 1h;
    }

    template <class T>
    T& pick_reference(std::vector<T>& from)
    {
        return from[static_cast<std::size_t>(draw(static_cast<std::int64_t>(from.size())))];
    }

    std::mt19937_64 random_;
};

std::string describe(const header_maker::header_set& set)
{
    std::string text;
    for (const auto& [name, value] : set.fields) {
        text += name + ": " + value + "\n";
    }
    return text;
}

TEST(rate_limit_headers, never_close_the_gate_for_longer_than_they_can_mean)
{
    const testing::manual_clock clock;
    const auto random = std::make_shared<random_source>(1);
    header_maker maker{2026};
    int closed = 0;
    for (int i = 0; i < header_sets(); ++i) {
        const header_maker::header_set set = maker.make();
        rate_limit_fields fields;
        for (const auto& [name, value] : set.fields) {
            fields.read(rate_limit_fields::identify(name), value);
        }
        const clock::time_point now = clock::time_point{} + 24h;
        rate_gate_core gate{{true, false}, random};
        rate_gate_core::lesson observed;
        observed.policies = fields.plausible(date, clock);
        observed.sent = now;
        gate.learn(observed, now);
        const auto closure = std::max(gate.opens_at(), now) - now;
        ASSERT_LE(closure, set.longest) << describe(set);
        closed += closure > 0s ? 1 : 0;
    }
    EXPECT_GT(closed, header_sets() / 10) << "most of what is meant is not understood";
}

} // namespace
} // namespace sipher::detail
