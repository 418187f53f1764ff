#pragma once

#include "client/client_handle.hpp"
#include "runtime/sleep_list.hpp"

#include <sipher/call_options.hpp>
#include <sipher/error.hpp>
#include <sipher/session.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace sipher::detail {

/// A session that is deleted in the background once nobody uses it any more, if it was retired before.
class owned_session {
public:
    owned_session(std::shared_ptr<client_handle> owner, const session& value, std::chrono::milliseconds grace)
        : id(value.id), expires_at(value.expires_at), owner_(std::move(owner)), grace_(grace)
    {
    }
    owned_session(const owned_session&) = delete;
    owned_session& operator=(const owned_session&) = delete;
    ~owned_session();

    const session_id id;
    const timestamp expires_at;

    /// From now on the last one who lets go of it deletes it.
    void retire() noexcept { retired_ = true; }
    /// It is deleted now by whoever calls this.
    [[nodiscard]] boost::asio::awaitable<void> remove();

    /// As far as is known here.
    [[nodiscard]] bool is_alive() const;

private:
    const std::shared_ptr<client_handle> owner_;
    const std::chrono::milliseconds grace_;
    std::atomic<bool> retired_ = false;
};

/// Creates a session in the background. One who is cancelled while waiting for it leaves nothing behind: what is made
/// is deleted again.
[[nodiscard]] boost::asio::awaitable<session> create_in_background(std::shared_ptr<client_handle> owner,
                                                                   session_defaults defaults,
                                                                   std::chrono::seconds time_to_live,
                                                                   std::chrono::milliseconds grace,
                                                                   std::shared_ptr<owned_session>& made);

} // namespace sipher::detail
