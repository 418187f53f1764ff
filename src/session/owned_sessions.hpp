// Sessions that the library made and has to delete.
#pragma once

#include "call/client_state.hpp"

#include <sipher/call_options.hpp>
#include <sipher/session.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace sipher::detail {

class client_handle;

/// One of them, which is deleted in the background once nobody holds it any more.
class owned_session {
public:
    owned_session(std::shared_ptr<client_handle> owner, const session_id& owned_id)
        : id(owned_id), owner_(std::move(owner))
    {
    }
    owned_session(const owned_session&) = delete;
    owned_session& operator=(const owned_session&) = delete;
    ~owned_session();

    /// It is deleted now, at the latest.
    [[nodiscard]] boost::asio::awaitable<void> remove() const;
    /// It stays at the service, for somebody else.
    void release() const noexcept;

    const session_id id;

private:
    const std::shared_ptr<client_handle> owner_;
};

struct created_session {
    created_session() = default;
    created_session(std::shared_ptr<owned_session> held_session, session made)
        : held(std::move(held_session)), value(std::move(made))
    {
    }

    std::shared_ptr<owned_session> held;
    session value;
};

/// All of a client's, until they are deleted. So many deletes run at a time as the client may have connections; one
/// that fails is tried again when the client shuts down.
///
/// Thread safety: all members may be called from any thread.
class owned_sessions {
public:
    using owner = std::shared_ptr<client_handle>;
    using creator = boost::asio::awaitable<session> (*)(std::shared_ptr<client_state>, session_defaults,
                                                        std::chrono::seconds, call_options);

    explicit owned_sessions(std::shared_ptr<client_state> client) : client_(std::move(client)) {}

    /// Creates one. Who is to leave none behind runs this where it is not cancelled.
    /// @param make The operation that does it.
    /// @param grace For its delete. Zero: no limit.
    [[nodiscard]] static boost::asio::awaitable<created_session> create(owner of, creator make,
                                                                        session_defaults defaults,
                                                                        std::chrono::seconds time_to_live,
                                                                        std::chrono::milliseconds grace,
                                                                        call_options options);
    /// Takes over one that is there.
    [[nodiscard]] static std::shared_ptr<owned_session> own(const owner& of, const session_id& id,
                                                            std::chrono::milliseconds grace);
    /// Deletes it in the background.
    static void remove_later(const owner& of, const session_id& id) noexcept;
    /// Deletes it; one that is gone already is fine.
    [[nodiscard]] static boost::asio::awaitable<deleted_session> remove(owner of, session_id id);
    void release(const session_id& id) noexcept;

    /// Deletes all, those too that somebody holds or is about to make.
    /// @return Released once there is nothing more to wait for.
    [[nodiscard]] static std::shared_ptr<sleep_list> remove_all(const owner& of, clock::time_point until);
    /// Those that may still be there.
    [[nodiscard]] std::vector<session_id> left() const;

private:
    struct record {
        std::chrono::milliseconds grace{};
        /// Or is being deleted.
        bool queued = false;
    };
    /// (Moving from one to another takes no memory.)
    using records = std::map<session_id, record>;
    /// Counts one that is being made.
    class creation;

    [[nodiscard]] static boost::asio::awaitable<void> work(owner of);
    static void start_workers(const owner& of) noexcept;
    [[nodiscard]] std::optional<session_id> take();
    [[nodiscard]] std::optional<call_options> begin_removal(const session_id& id);
    enum class ending { removed, failed, refused };
    void end_removal(const session_id& id, ending how) noexcept;
    [[nodiscard]] bool is_gone(const session_id& id) const
    {
        return client_->sessions.is_gone(id, client_->boot_now());
    }
    // With the mutex held.
    void queue(records::iterator known) noexcept;
    void fail(records::iterator known) noexcept;
    void tell_if_settled() const noexcept;

    const std::shared_ptr<client_state> client_;
    mutable std::mutex mutex_;
    records records_;
    /// Those whose delete has failed.
    records failed_;
    /// When there are so many, those that have ended since are dropped.
    std::size_t sweep_at_ = 64;
    std::deque<session_id> queue_;
    std::size_t workers_ = 0;
    std::size_t creations_ = 0;
    /// While the client shuts down.
    std::optional<clock::time_point> until_;
    std::shared_ptr<sleep_list> settled_;
};

} // namespace sipher::detail
