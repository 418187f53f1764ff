#pragma once

#include <sipher/session.hpp>

namespace bench {

/// Those of the session that the fixed replies are about.
inline sipher::session_defaults sample_defaults()
{
    sipher::session_defaults made;
    made.chain = sipher::chain::near;
    made.privacy_level = sipher::privacy_level::shielded;
    made.rpc_provider = sipher::rpc_provider::helius;
    return made;
}

} // namespace bench
