// A key's use of its daily quota.
#pragma once

#include "sandbox/responses.hpp"

#include <sipher/clock.hpp>
#include <sipher/testing/sandbox.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

/// Requests per key, day and category of endpoints.
class quota_counter {
public:
    /// Throws the refusal if the quota is used up.
    void check(const sandbox_key& key, std::string_view path, clock::wall_time now);
    /// Counts a successful request.
    void count(const sandbox_key& key, std::string_view path, clock::wall_time now);
    /// The `data` of `GET /v1/billing/usage`.
    [[nodiscard]] boost::json::object usage(const sandbox_key& key, clock::wall_time now);
    void clear() noexcept { keys_.clear(); }

private:
    struct day_state {
        std::chrono::sys_days day;
        unsigned total = 0;
        std::map<std::string_view, unsigned> categories;
    };

    [[nodiscard]] day_state& today(const sandbox_key& key, clock::wall_time now);

    std::map<std::string, day_state> keys_;
};

} // namespace sipher::testing::detail
