#pragma once

#include <sipher/session.hpp>

namespace sipher::detail {

/// As an update does: what `changes` has, else what `from` has.
[[nodiscard]] inline session_defaults merge_defaults(session_defaults from, const session_defaults& changes)
{
    const auto take = [](auto& member, const auto& change) {
        if (change) {
            member = change;
        }
    };
    take(from.chain, changes.chain);
    take(from.privacy_level, changes.privacy_level);
    take(from.rpc_provider, changes.rpc_provider);
    take(from.backend, changes.backend);
    take(from.default_viewing_key, changes.default_viewing_key);
    return from;
}

/// Whether `changes` has a member that `from` leaves open.
[[nodiscard]] inline bool adds_member(const session_defaults& from, const session_defaults& changes)
{
    const auto is_new = [](const auto& member, const auto& change) { return change && !member; };
    return is_new(from.chain, changes.chain) || is_new(from.privacy_level, changes.privacy_level) ||
           is_new(from.rpc_provider, changes.rpc_provider) || is_new(from.backend, changes.backend) ||
           is_new(from.default_viewing_key, changes.default_viewing_key);
}

} // namespace sipher::detail
