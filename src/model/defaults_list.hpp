// The only list of a session's defaults.
#pragma once

#include <sipher/session.hpp>

#include <optional>
#include <string_view>
#include <tuple>

namespace sipher::detail {

template <class Value>
struct default_member {
    /// The API's name.
    std::string_view name;
    std::optional<Value> session_defaults::*member;
};

inline constexpr std::tuple defaults_list{
    default_member<chain>{"chain", &session_defaults::chain},
    default_member<privacy_level>{"privacyLevel", &session_defaults::privacy_level},
    default_member<rpc_provider>{"rpcProvider", &session_defaults::rpc_provider},
    default_member<backend>{"backend", &session_defaults::backend},
    default_member<secret>{"defaultViewingKey", &session_defaults::default_viewing_key},
};

/// Never called: a new default does not compile until it has been added here, and then above.
inline void count_defaults(const session_defaults& all)
{
    const auto& [chain, privacy_level, rpc_provider, backend, default_viewing_key] = all;
    const auto members = std::tie(chain, privacy_level, rpc_provider, backend, default_viewing_key);
    static_assert(std::tuple_size_v<decltype(members)> == std::tuple_size_v<decltype(defaults_list)>);
}

/// Calls `visit(name, member…)` for each default, with the corresponding member of each element of `of`.
template <class Visit, class... Defaults>
void for_each_default(Visit&& visit, Defaults&... of)
{
    const auto visit_one = [&](const auto& each) { visit(each.name, of.*each.member...); };
    std::apply([&](const auto&... each) { (visit_one(each), ...); }, defaults_list);
}

/// Merges as an update does: members of `changes` override those of `from`.
[[nodiscard]] inline session_defaults merge_defaults(session_defaults from, const session_defaults& changes)
{
    for_each_default([](auto, auto& member, const auto& change) { member = change ? change : member; }, from, changes);
    return from;
}

/// Whether `changes` has a member that `from` lacks.
[[nodiscard]] inline bool adds_member(const session_defaults& from, const session_defaults& changes)
{
    bool adds = false;
    for_each_default([&adds](auto, const auto& member, const auto& change) { adds |= change && !member; }, from,
                     changes);
    return adds;
}

} // namespace sipher::detail
