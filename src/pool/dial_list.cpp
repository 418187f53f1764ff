#include "pool/dial_list.hpp"

#include "pool/pool.hpp"

#include <algorithm>
#include <new>

namespace sipher::detail {

void dial_list::begin(const std::shared_ptr<pool>& owner)
{
    entry_list begun;
    begun.push_back(std::make_shared<pool_entry>(owner));
    pool_entry& dial = *begun.back();
    dial.position = begun.begin();
    dial.pending = source_->connect([weak = std::weak_ptr<pool_entry>{begun.back()}](connect_result result) {
        if (const auto waiting = weak.lock()) {
            waiting->on_connected(std::move(result));
        }
    });
    dials_.splice(dials_.end(), begun);
}

entry_list dial_list::end(const pool_entry& dial, const connect_result& result) noexcept
{
    try {
        last_failure_ = result.message;
    } catch (const std::bad_alloc&) {
        last_failure_.clear();
    }
    entry_list ended;
    ended.splice(ended.end(), dials_, dial.position);
    return ended;
}

bool dial_list::give_up_next() noexcept
{
    if (dials_.empty()) {
        return false;
    }
    pool_entry& next = *dials_.front();
    next.given_up = true;
    try {
        next.pending->cancel();
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // Releasing it ends the dial as well.
    }
    dials_.pop_front();
    return true;
}

phase dial_list::reached() const noexcept
{
    phase furthest = phase::waiting;
    for (const auto& each : dials_) {
        furthest = std::max(furthest, each->pending->reached());
    }
    return furthest;
}

std::string dial_list::describe(phase reached, std::size_t waiters_ahead) const noexcept
{
    try {
        std::string text = "the call's time ran out while ";
        switch (reached) {
        case phase::waiting: text += "every connection was busy (pool.max_connections)"; break;
        case phase::resolving: text += "resolving the name of " + source_->server(); break;
        case phase::tls_handshake: text += "in the TLS handshake with " + source_->server(); break;
        default: text += "connecting to " + source_->server(); break;
        }
        if (waiters_ahead != 0) {
            text += "; calls ahead: " + std::to_string(waiters_ahead);
        }
        if (!last_failure_.empty()) {
            text += "; the last attempt to connect failed: " + last_failure_;
        }
        return text;
    } catch (const std::bad_alloc&) {
        return {};
    }
}

} // namespace sipher::detail
