#pragma once

#include "campaign_load.hpp"

#include <sipher/testing/sandbox.hpp>

#include <cstddef>
#include <string>
#include <unordered_set>
#include <vector>

namespace sipher::test {

/// What was reported to callers, compared with what the service did.
struct campaign_account {
    campaign_account() = default;

    void add(const std::vector<caller_record>& records, const std::vector<testing::ledger_entry>& ledger);
    /// Sessions that exist although their delete was reported done.
    void find_survivors(const std::unordered_set<std::string>& deleted, const std::vector<session>& alive);
    void print() const;
    [[nodiscard]] bool is_clean() const noexcept
    {
        return duplicates == 0 && lies == 0 && survivors.empty() && hangs == 0 && leaks == 0 && strangers == 0;
    }

    std::size_t operations = 0;
    std::size_t succeeded = 0;
    std::size_t not_sent = 0;
    std::size_t not_applied = 0;
    std::size_t unknown = 0;
    std::size_t result_lost = 0;
    std::size_t already_absent = 0;

    /// Creates that were applied more than once.
    std::size_t duplicates = 0;
    /// Outcomes that the ledger contradicts.
    std::size_t lies = 0;
    std::unordered_set<std::string> survivors;
    std::size_t hangs = 0;
    /// Connections left behind.
    std::size_t leaks = 0;
    /// Failures of another type than `sipher::error`.
    std::size_t strangers = 0;

private:
    void add_outcome(const caller_record& record);
    void check(const caller_record& record, std::size_t arrived, std::size_t applied);
};

} // namespace sipher::test
