#pragma once

#include "sandbox/message.hpp"
#include "sandbox/service.hpp"

#include <sipher/testing/fault.hpp>
#include <sipher/testing/sandbox.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace sipher::testing::detail {

/// A complete request on its way through the sandbox.
struct request_ticket {
    /// Its place in the ledger.
    std::size_t entry = 0;
    /// What goes wrong with it.
    fault applied;
};

/// Everything that the sandbox knows, behind one lock: the service, the faults to come, the ledger and the counters.
///
/// Thread safety: all members may be called from any thread. What a request did is on record before its
/// response can be seen.
class sandbox_state {
public:
    explicit sandbox_state(const sandbox_options& options) : service_(options) {}

    /// Counts something.
    void add(std::uint64_t sandbox_counters::*counter, std::uint64_t by = 1);

    /// Enters a request into the ledger and takes the next fault for it.
    [[nodiscard]] request_ticket accept(const request& complete);
    /// Lets the service act.
    [[nodiscard]] response perform(const request_ticket& which, const request& complete);
    /// Notes the status that goes out.
    void responded(const request_ticket& which, unsigned status);

    void add_faults(std::size_t count, const fault& next);
    void clear_faults();
    void restart();
    bool lose_session(const session_id& id);
    void set_shutting_down(bool on);

    [[nodiscard]] sandbox_counters counters() const;
    [[nodiscard]] std::vector<ledger_entry> ledger() const;
    [[nodiscard]] std::vector<session> sessions() const;

private:
    mutable std::mutex mutex_;
    service service_;
    std::deque<fault> faults_;
    std::vector<ledger_entry> ledger_;
    sandbox_counters counters_;
};

} // namespace sipher::testing::detail
