// The complete state of the sandbox.
#pragma once

#include "sandbox/guarded.hpp"
#include "sandbox/message.hpp"
#include "sandbox/service.hpp"

#include <sipher/testing/fault.hpp>
#include <sipher/testing/sandbox.hpp>

#include <deque>
#include <memory>
#include <vector>

namespace sipher::testing::detail {

/// A complete request being processed by the sandbox.
struct request_ticket {
    /// Stays valid if the ledger is cleared meanwhile.
    std::shared_ptr<ledger_entry> entry;
    /// The fault applied to it.
    fault applied;
};

/// The service, the pending faults, the ledger and the counters. The effect of a request is recorded before its
/// response can be received.
struct sandbox_state {
    explicit sandbox_state(const sandbox_options& options) : backend(options) {}

    /// Records a request in the ledger and takes the next fault for it.
    [[nodiscard]] request_ticket accept(const request& complete);
    /// Makes the service act.
    [[nodiscard]] response perform(const request_ticket& which, const request& complete);
    /// Records the response's status.
    void complete(const request_ticket& which, unsigned status) { which.entry->status = status; }
    void restart();
    /// Resets everything except open connections and the time.
    void reset();
    [[nodiscard]] std::vector<session> sessions() const;

    service backend;
    std::deque<fault> faults;
    std::vector<std::shared_ptr<ledger_entry>> ledger;
    sandbox_counters counters;
};

using shared_state = guarded<sandbox_state>;

} // namespace sipher::testing::detail
