#include "pool/lease.hpp"

#include "pool/pool.hpp"

namespace sipher::detail {

lease::~lease()
{
    if (entry_ == nullptr) {
        return;
    }
    if (used_) {
        owner_->give_back(*entry_, answered_, reusable_, hint_ == no_hint ? std::nullopt : std::optional{hint_});
    } else {
        owner_->give_back_unused(*entry_);
    }
}

void lease::drop_contemporaries() noexcept
{
    owner_->drop_contemporaries(*entry_);
}

} // namespace sipher::detail
