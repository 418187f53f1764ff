#include "pool/lease.hpp"

#include "pool/pool.hpp"

namespace sipher::detail {

void lease_end::operator()(pool_entry* entry) const noexcept
{
    if (used) {
        owner->give_back(*entry, has_response, reusable, hint == no_hint ? std::nullopt : std::optional{hint});
    } else {
        owner->give_back_unused(*entry);
    }
}

void lease::evict_connections_as_old_as(bool dead) noexcept
{
    entry_.get_deleter().owner->evict_connections_as_old_as(*entry_, dead);
}

} // namespace sipher::detail
