// The service's memory of sessions.
#pragma once

#include <sipher/session.hpp>

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sipher::testing::detail {

struct stored_session {
    std::string id;
    /// The key that created it.
    std::string owner;
    boost::json::object defaults;
    timestamp created_at;
    timestamp expires_at;
    timestamp last_accessed_at;
};

/// The service's memory of sessions. Nothing prolongs a session; an expired one counts as unknown.
class session_store {
public:
    const stored_session& create(std::string owner, boost::json::object defaults, std::chrono::seconds time_to_live,
                                 timestamp now);
    /// Null if it is unknown, expired or another key's. Access updates `last_accessed_at`.
    stored_session* access(std::string_view id, std::string_view owner, timestamp now);
    /// False if it did not exist.
    bool remove(std::string_view id);
    void clear() noexcept { sessions_.clear(); }
    [[nodiscard]] std::vector<stored_session> alive(timestamp now) const;

private:
    std::map<std::string, stored_session, std::less<>> sessions_;
    /// Expired sessions are removed at this size.
    std::size_t sweep_at_ = 0;
};

} // namespace sipher::testing::detail
