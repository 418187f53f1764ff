#pragma once

#include <sipher/session.hpp>

namespace sipher::detail {

/// Calls `visit` with each member of `to` and the same of `from`.
template <class Defaults, class Visit>
void for_each_default(Defaults& to, const session_defaults& from, Visit visit)
{
    visit(to.chain, from.chain);
    visit(to.privacy_level, from.privacy_level);
    visit(to.rpc_provider, from.rpc_provider);
    visit(to.backend, from.backend);
    visit(to.default_viewing_key, from.default_viewing_key);
}

/// As an update does: what `changes` has, else what `from` has.
[[nodiscard]] inline session_defaults merge_defaults(session_defaults from, const session_defaults& changes)
{
    for_each_default(from, changes, [](auto& member, const auto& change) { member = change ? change : member; });
    return from;
}

/// Whether `changes` has a member that `from` leaves open.
[[nodiscard]] inline bool adds_member(const session_defaults& from, const session_defaults& changes)
{
    bool adds = false;
    for_each_default(from, changes, [&](const auto& member, const auto& change) { adds |= change && !member; });
    return adds;
}

} // namespace sipher::detail
