// The one list of a session's defaults.
#pragma once

#include <sipher/session.hpp>

#include <string_view>

namespace sipher::detail {

/// Calls `visit(name, member…)` for each default, with the member of each of `of`. The names are the API's.
template <class Visit, class... Defaults>
void for_each_default(Visit&& visit, Defaults&... of)
{
    visit(std::string_view{"chain"}, of.chain...);
    visit(std::string_view{"privacyLevel"}, of.privacy_level...);
    visit(std::string_view{"rpcProvider"}, of.rpc_provider...);
    visit(std::string_view{"backend"}, of.backend...);
    visit(std::string_view{"defaultViewingKey"}, of.default_viewing_key...);
}

/// Never called: one more default does not compile until it has been added here, and above.
inline void count_defaults(const session_defaults& all)
{
    [[maybe_unused]] const auto& [chain, privacy_level, rpc_provider, backend, default_viewing_key] = all;
}

} // namespace sipher::detail
