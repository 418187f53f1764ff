#pragma once

#include "pool/pool_waiting.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>

namespace sipher::detail {

/// Those who wait until connections are ready. The pool's mutex guards it.
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

    /// Those that have not heard of a failure yet will end with this one, should too few connections be there then.
    void note(const connect_result& failure) noexcept;

    /// Ends those who have nothing more to wait for.
    void end(std::size_t ready, bool more_in_the_making, pool_aftermath& after) noexcept;
    void end_all(boost::system::error_code code, pool_aftermath& after) noexcept;

private:
    boost::intrusive::list<pool_waiter> calls_;
};

} // namespace sipher::detail
