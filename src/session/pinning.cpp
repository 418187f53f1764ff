#include "session/pinning.hpp"

#include <sipher/json.hpp>

namespace sipher::detail {

std::vector<std::string> pin_defaults(boost::json::value& body, const session_defaults& defaults)
{
    std::vector<std::string> added;
    boost::json::object* const object = body.if_object();
    if (object == nullptr) {
        return added;
    }
    const boost::json::value pinned = boost::json::value_from(defaults);
    for (const auto& member : pinned.get_object()) {
        if (object->insert(member).second) {
            added.emplace_back(member.key());
        }
    }
    return added;
}

} // namespace sipher::detail
