#pragma once

#include "pool/pool.hpp"

#include <cstddef>
#include <utility>

namespace sipher::detail {

/// Somebody waits until connections are there before they are needed. The pool's mutex guards it.
class pool::prewarm_op {
public:
    prewarm_op(std::size_t ready, completion<acquire_result> waiting_handler)
        : wanted(ready), done(std::move(waiting_handler))
    {
    }

    const std::size_t wanted;
    completion<acquire_result> done;
    /// What it is to complete with: why the first connection could not be made, if one could not.
    acquire_result result;
};

} // namespace sipher::detail
