#pragma once

#include "sandbox/message.hpp"
#include "sandbox/service.hpp"

#include <sipher/testing/fault.hpp>
#include <sipher/testing/sandbox.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace sipher::testing::detail {

/// A complete request on its way through the sandbox.
struct ticket {
    /// Its place in the ledger.
    std::size_t entry = 0;
    /// What goes wrong with it.
    std::optional<fault> mishap;
};

/// Everything that the sandbox knows, behind one lock: the service, the faults to come, the ledger and the counters.
///
/// Thread safety: all members may be called from any thread. What a request did is on record before its answer can
/// be seen.
class books {
public:
    explicit books(const sandbox_options& options) : service_(options) {}

    void connection_opened();
    void connection_closed();
    void handshake_done(bool resumed);
    void handshake_failed();
    void received(std::size_t bytes);

    /// Enters a request into the ledger and takes the next fault for it.
    [[nodiscard]] ticket accept(const request& complete);
    /// Lets the service act.
    [[nodiscard]] response perform(const ticket& which, const request& complete);
    /// Notes the status that goes out.
    void answered(const ticket& which, unsigned status);

    void add_faults(std::size_t count, const fault& next);
    void clear_faults();
    void restart();
    bool lose_session(const session_id& id);
    void set_shutting_down(bool on);

    [[nodiscard]] sandbox_counters counters() const;
    [[nodiscard]] std::vector<ledger_entry> ledger() const;
    [[nodiscard]] std::vector<session> sessions() const;

private:
    void count(effect what);

    mutable std::mutex mutex_;
    service service_;
    std::deque<fault> faults_;
    std::vector<ledger_entry> ledger_;
    sandbox_counters counters_;
};

} // namespace sipher::testing::detail
