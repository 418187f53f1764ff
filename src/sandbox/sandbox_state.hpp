// Everything that the sandbox knows.
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

/// A complete request on its way through the sandbox.
struct request_ticket {
    /// Stays usable when the ledger is emptied meanwhile.
    std::shared_ptr<ledger_entry> entry;
    /// What goes wrong with it.
    fault applied;
};

/// The service, the faults to come, the ledger and the counters. What a request did is on record before its response
/// can be seen.
struct sandbox_state {
    explicit sandbox_state(const sandbox_options& options) : backend(options) {}

    /// Enters a request into the ledger and takes the next fault for it.
    [[nodiscard]] request_ticket accept(const request& complete);
    /// Lets the service act.
    [[nodiscard]] response perform(const request_ticket& which, const request& complete);
    /// The response's status is known.
    void complete(const request_ticket& which, unsigned status) { which.entry->status = status; }
    void restart();
    /// As new, but for the connections that are open and the time.
    void reset();
    [[nodiscard]] std::vector<session> sessions() const;

    service backend;
    std::deque<fault> faults;
    std::vector<std::shared_ptr<ledger_entry>> ledger;
    sandbox_counters counters;
};

using shared_state = guarded<sandbox_state>;

} // namespace sipher::testing::detail
