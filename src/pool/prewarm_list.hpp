#pragma once

#include "pool/pool_waiting.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>

namespace sipher::detail {

/// The calls waiting until connections are ready. Guarded by the pool's mutex.
class prewarm_list {
public:
    void add(pool_call& call) noexcept
    {
        call.waiting = true;
        calls_.push_back(call);
    }

    void remove(pool_call& call) noexcept
    {
        call.waiting = false;
        calls_.erase(calls_.iterator_to(call));
    }

    /// Records the failure for calls that have none yet; they end with it if too few connections become ready.
    void note(const connect_result& failure) noexcept;

    /// Ends calls that have nothing left to wait for.
    void end(std::size_t ready, bool more_in_the_making, pool_aftermath& after) noexcept;
    void end_all(boost::system::error_code code, pool_aftermath& after) noexcept;

private:
    boost::intrusive::list<pool_waiter> calls_;
};

} // namespace sipher::detail
