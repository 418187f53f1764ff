// Sessions that the library made and has to delete.
#pragma once

#include "call/client_state.hpp"
#include "retry/operation_kind.hpp"

#include <sipher/call_options.hpp>
#include <sipher/session.hpp>

#include <boost/asio/awaitable.hpp>

#include <atomic>
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

/// One owned session, deleted in the background once it has no holder.
class owned_session {
public:
    owned_session(std::shared_ptr<client_handle> owner, const session_id& owned_id)
        : id(owned_id), owner_(std::move(owner))
    {
    }
    owned_session(const owned_session&) = delete;
    owned_session& operator=(const owned_session&) = delete;
    ~owned_session();

    /// Deletes it now, unless that has happened already.
    [[nodiscard]] boost::asio::awaitable<void> remove() const;
    /// Leaves it on the service, for another owner.
    void release() const noexcept;

    const session_id id;

private:
    const std::shared_ptr<client_handle> owner_;
    /// Its next owner may be of the same client, while requests still hold this one.
    mutable std::atomic<bool> released_ = false;
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

/// All owned sessions of a client, until deleted. At most `pool.max_connections` deletes run at a time; a failed delete
/// is retried when the client shuts down.
///
/// Thread safety: all members may be called from any thread.
class owned_sessions {
public:
    using owner = std::shared_ptr<client_handle>;

    explicit owned_sessions(std::shared_ptr<client_state> client) : client_(std::move(client)) {}

    /// Creates a session. To leave none behind, run this where it cannot be cancelled.
    /// @param grace Time limit of its delete. Zero: no limit.
    [[nodiscard]] static boost::asio::awaitable<created_session> create(owner of, made_for by,
                                                                        session_defaults defaults,
                                                                        std::chrono::seconds time_to_live,
                                                                        std::chrono::milliseconds grace,
                                                                        call_options options);
    /// Takes over an existing session.
    [[nodiscard]] static std::shared_ptr<owned_session> own(const owner& of, const session_id& id,
                                                            std::chrono::milliseconds grace);
    /// Deletes it in the background.
    static void remove_later(const owner& of, const session_id& id) noexcept;
    /// Deletes it; succeeds if it is already gone.
    [[nodiscard]] static boost::asio::awaitable<deleted_session> remove(owner of, session_id id);
    void release(const session_id& id) noexcept;

    /// Deletes all, including those still held or being created.
    /// @return Released once there is nothing more to wait for.
    [[nodiscard]] static std::shared_ptr<sleep_list> remove_all(const owner& of, clock::time_point until);
    /// Sessions that may still exist.
    [[nodiscard]] std::vector<session_id> left() const;

private:
    struct record {
        std::chrono::milliseconds grace{};
        /// Queued for deletion, or being deleted.
        bool queued = false;
    };
    /// (Moving an entry between maps does not allocate.)
    using records = std::map<session_id, record>;
    /// Counts a create in progress.
    class creation;

    [[nodiscard]] static boost::asio::awaitable<void> work(owner of);
    static void start_workers(const owner& of) noexcept;
    [[nodiscard]] bool add_worker() noexcept;
    /// The next session for a worker to delete.
    [[nodiscard]] std::optional<session_id> take(bool is_first);
    [[nodiscard]] std::optional<call_options> begin_removal(const session_id& id);
    enum class ending { removed, failed, refused };
    void end_removal(const session_id& id, ending how) noexcept;
    [[nodiscard]] bool is_gone(const session_id& id) const
    {
        return client_->sessions.is_gone(id, client_->boot_now());
    }
    // These require the mutex to be held.
    void queue(records::iterator known) noexcept;
    void fail(records::iterator known) noexcept;
    void notify_if_settled() const noexcept;

    const std::shared_ptr<client_state> client_;
    mutable std::mutex mutex_;
    records records_;
    /// Sessions whose delete has failed.
    records failed_;
    /// At this size, sessions that have expired are dropped.
    std::size_t sweep_at_ = 64;
    std::deque<session_id> queue_;
    std::size_t workers_ = 0;
    /// Workers that have not taken a session yet.
    std::size_t starting_ = 0;
    std::size_t creations_ = 0;
    /// Set while the client shuts down.
    std::optional<clock::time_point> until_;
    std::shared_ptr<sleep_list> settled_;
};

} // namespace sipher::detail
