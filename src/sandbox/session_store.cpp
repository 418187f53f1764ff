#include "sandbox/session_store.hpp"

#include "sandbox/random_text.hpp"

namespace sipher::testing::detail {

namespace {

constexpr std::size_t least_swept = 1024;

} // namespace

const stored_session& session_store::create(std::string owner, boost::json::object defaults,
                                            std::chrono::seconds time_to_live, timestamp now)
{
    if (sessions_.size() >= sweep_at_) {
        std::erase_if(sessions_, [now](const auto& entry) { return entry.second.expires_at <= now; });
        sweep_at_ = 2 * sessions_.size() + least_swept;
    }
    stored_session fresh;
    fresh.id = "sess_" + random_hexadecimal(32);
    fresh.owner = std::move(owner);
    fresh.defaults = std::move(defaults);
    fresh.created_at = now;
    fresh.expires_at = now + time_to_live;
    fresh.last_accessed_at = now;
    const std::string id = fresh.id;
    return sessions_.emplace(id, std::move(fresh)).first->second;
}

stored_session* session_store::access(std::string_view id, std::string_view owner, timestamp now)
{
    const auto found = sessions_.find(id);
    if (found == sessions_.end() || found->second.owner != owner || found->second.expires_at <= now) {
        return nullptr;
    }
    found->second.last_accessed_at = now;
    return &found->second;
}

bool session_store::remove(std::string_view id)
{
    return sessions_.erase(std::string{id}) != 0;
}

std::vector<stored_session> session_store::alive(timestamp now) const
{
    std::vector<stored_session> result;
    for (const auto& [id, entry] : sessions_) {
        if (entry.expires_at > now) {
            result.push_back(entry);
        }
    }
    return result;
}

} // namespace sipher::testing::detail
