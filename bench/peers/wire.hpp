#pragma once

#include "arguments.hpp"

#include <string>

/// The request as it goes over the wire, the same from every client; `server/nginx.conf` responds to it.
namespace bench::wire {

inline constexpr const char* session_id = "sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf";
inline constexpr const char* api_key = "sip_pro_0123456789abcdef0123456789abcdef";
inline constexpr const char* user_agent = "sipher-bench/1.0";
inline constexpr const char* create_body =
    R"({"defaults":{"chain":"near","privacyLevel":"shielded","rpcProvider":"helius"},"ttlSeconds":1800})";
inline constexpr const char* update_body =
    R"({"defaults":{"chain":"near","privacyLevel":"shielded","rpcProvider":"helius"}})";

inline std::string target_of(operation which)
{
    const std::string collection = "/v1/sessions";
    return which == operation::create ? collection : collection + "/" + session_id;
}

inline const char* method_of(operation which)
{
    switch (which) {
    case operation::get: return "GET";
    case operation::create: return "POST";
    case operation::update: return "PATCH";
    case operation::remove: return "DELETE";
    }
    return "";
}

inline const char* body_of(operation which)
{
    switch (which) {
    case operation::create: return create_body;
    case operation::update: return update_body;
    case operation::get:
    case operation::remove: break;
    }
    return "";
}

} // namespace bench::wire
