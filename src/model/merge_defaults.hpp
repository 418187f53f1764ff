#pragma once

#include "model/defaults_list.hpp"

#include <sipher/session.hpp>

namespace sipher::detail {

/// As an update does: what `changes` has, else what `from` has.
[[nodiscard]] inline session_defaults merge_defaults(session_defaults from, const session_defaults& changes)
{
    for_each_default([](auto, auto& member, const auto& change) { member = change ? change : member; }, from, changes);
    return from;
}

/// Whether `changes` has a member that `from` leaves open.
[[nodiscard]] inline bool adds_member(const session_defaults& from, const session_defaults& changes)
{
    bool adds = false;
    for_each_default([&adds](auto, const auto& member, const auto& change) { adds |= change && !member; }, from,
                     changes);
    return adds;
}

} // namespace sipher::detail
