#include "pool/lease.hpp"

#include "pool/pool.hpp"

namespace sipher::detail {

lease::~lease()
{
    if (entry_ == nullptr) {
        return;
    }
    if (used_) {
        owner_->give_back(*entry_, has_response_, reusable_, hint_ == no_hint ? std::nullopt : std::optional{hint_});
    } else {
        owner_->give_back_unused(*entry_);
    }
}

void lease::evict_connections_as_old_as(bool dead) noexcept
{
    owner_->evict_connections_as_old_as(*entry_, dead);
}

} // namespace sipher::detail
