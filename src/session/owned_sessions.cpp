#include "session/owned_sessions.hpp"

#include "client/client_handle.hpp"
#include "client/operations.hpp"
#include "session/in_background.hpp"

#include <sipher/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <functional>
#include <iterator>
#include <new>

namespace sipher::detail {

namespace asio = boost::asio;

owned_session::~owned_session()
{
    if (!released_) {
        owned_sessions::remove_later(owner_, id);
    }
}

asio::awaitable<void> owned_session::remove() const
{
    co_await in_background(owner_, owned_sessions::remove(owner_, id), "delete_session");
}

void owned_session::release() const noexcept
{
    released_ = true;
    owner_->sessions().release(id);
}

class owned_sessions::creation {
public:
    explicit creation(owned_sessions& counted) : counted_(counted)
    {
        const std::lock_guard lock{counted_.mutex_};
        ++counted_.creations_;
    }
    creation(const creation&) = delete;
    creation& operator=(const creation&) = delete;
    ~creation()
    {
        const std::lock_guard lock{counted_.mutex_};
        --counted_.creations_;
        counted_.notify_if_settled();
    }

private:
    owned_sessions& counted_;
};

asio::awaitable<created_session> owned_sessions::create(owner of, made_for by, session_defaults defaults,
                                                        std::chrono::seconds time_to_live,
                                                        std::chrono::milliseconds grace, call_options options)
{
    const creation counted{of->sessions()};
    session made = co_await create_session(of->state(), std::move(defaults), time_to_live, std::move(options), by);
    co_return created_session{own(of, made.id, grace), std::move(made)};
}

std::shared_ptr<owned_session> owned_sessions::own(const owner& of, const session_id& id,
                                                   std::chrono::milliseconds grace)
{
    auto owned = std::make_shared<owned_session>(of, id);
    owned_sessions& self = of->sessions();
    {
        const std::lock_guard lock{self.mutex_};
        const auto known = self.records_.try_emplace(id).first;
        known->second.grace = grace;
        if (self.until_) {
            self.queue(known);
        }
    }
    start_workers(of);
    return owned;
}

void owned_sessions::release(const session_id& id) noexcept
{
    const std::lock_guard lock{mutex_};
    records_.erase(id);
    failed_.erase(id);
    notify_if_settled();
}

void owned_sessions::remove_later(const owner& of, const session_id& id) noexcept
{
    owned_sessions& self = of->sessions();
    {
        const std::lock_guard lock{self.mutex_};
        const auto known = self.records_.find(id);
        if (known == self.records_.end() || known->second.queued) {
            return;
        }
        self.queue(known);
    }
    start_workers(of);
}

std::shared_ptr<sleep_list> owned_sessions::remove_all(const owner& of, clock::time_point until)
{
    owned_sessions& self = of->sessions();
    auto settled = self.client_->library_waits.make();
    {
        const std::lock_guard lock{self.mutex_};
        self.settled_ = settled = self.settled_ ? self.settled_ : std::move(settled);
        self.until_ = until;
        self.records_.merge(self.failed_);
        for (auto known = self.records_.begin(); known != self.records_.end();) {
            const auto next = std::next(known);
            if (!known->second.queued) {
                self.queue(known);
            }
            known = next;
        }
        self.notify_if_settled();
    }
    start_workers(of);
    return settled;
}

std::vector<session_id> owned_sessions::left() const
{
    const std::lock_guard lock{mutex_};
    std::vector<session_id> ids;
    for (const records& each : {std::cref(records_), std::cref(failed_)}) {
        for (const auto& [id, known] : each) {
            if (!is_gone(id)) {
                ids.push_back(id);
            }
        }
    }
    return ids;
}

void owned_sessions::start_workers(const owner& of) noexcept
{
    owned_sessions& self = of->sessions();
    while (self.add_worker()) {
        try {
            asio::co_spawn(of->executor(), work(of), asio::detached);
        } catch (const std::exception&) {
            // Out of memory: running workers, or the next one started, do the deletes.
            const std::lock_guard lock{self.mutex_};
            --self.workers_;
            --self.starting_;
            return;
        }
    }
}

/// One for each queued session, up to the number of connections.
bool owned_sessions::add_worker() noexcept
{
    const std::lock_guard lock{mutex_};
    if (starting_ >= queue_.size() || workers_ >= client_->options.pool.max_connections || client_->is_closed()) {
        return false;
    }
    ++workers_;
    ++starting_;
    return true;
}

asio::awaitable<void> owned_sessions::work(owner of)
{
    for (auto next = of->sessions().take(true); next; next = of->sessions().take(false)) {
        try {
            co_await remove(of, *next);
        } catch (...) { // NOLINT(bugprone-empty-catch): what `remove` could not do is in the records
        }
    }
}

std::optional<session_id> owned_sessions::take(bool is_first)
{
    const std::lock_guard lock{mutex_};
    starting_ -= is_first ? 1 : 0;
    if (queue_.empty() || client_->is_closed()) {
        --workers_;
        return std::nullopt;
    }
    const session_id next = queue_.front();
    queue_.pop_front();
    return next;
}

asio::awaitable<deleted_session> owned_sessions::remove(owner of, session_id id)
{
    owned_sessions& self = of->sessions();
    std::exception_ptr thrown;
    if (auto options = self.begin_removal(id)) {
        ending how = ending::removed;
        try {
            co_await delete_session(of->state(), id, *std::move(options), made_for::library);
        } catch (const error& failure) {
            if (!says_session_gone(failure)) {
                how = failure.code() == errc::client_closed ? ending::refused : ending::failed;
                thrown = std::current_exception();
            }
        } catch (...) {
            // Callbacks in the client's options may throw anything.
            how = ending::failed;
            thrown = std::current_exception();
        }
        self.end_removal(id, how);
        start_workers(of);
    }
    if (thrown) {
        std::rethrow_exception(thrown);
    }
    co_return deleted_session{id};
}

/// Empty if there is nothing left to delete.
std::optional<call_options> owned_sessions::begin_removal(const session_id& id)
{
    const std::lock_guard lock{mutex_};
    const auto known = records_.find(id);
    if (known == records_.end()) {
        return std::nullopt;
    }
    if (is_gone(id)) {
        records_.erase(known);
        notify_if_settled();
        return std::nullopt;
    }
    known->second.queued = true;
    call_options options;
    options.total_timeout = until_ ? std::chrono::milliseconds{} : known->second.grace;
    options.deadline = until_;
    return options;
}

void owned_sessions::end_removal(const session_id& id, ending how) noexcept
{
    const std::lock_guard lock{mutex_};
    const auto known = records_.find(id);
    if (known == records_.end()) {
        return;
    }
    if (how == ending::removed) {
        records_.erase(known);
    } else if (how == ending::refused && !client_->is_closed()) {
        // It was waiting for a connection when shutdown began, and was ended together with the waiting user calls.
        queue(known);
    } else {
        fail(known);
    }
    notify_if_settled();
}

void owned_sessions::queue(records::iterator known) noexcept
{
    try {
        queue_.push_back(known->first);
        known->second.queued = true;
    } catch (const std::bad_alloc&) {
        fail(known);
    }
}

void owned_sessions::fail(records::iterator known) noexcept
{
    known->second.queued = false;
    failed_.insert(records_.extract(known));
    if (failed_.size() >= sweep_at_) {
        std::erase_if(failed_, [this](const auto& each) { return is_gone(each.first); });
        sweep_at_ = std::max(sweep_at_, 2 * failed_.size());
    }
}

void owned_sessions::notify_if_settled() const noexcept
{
    if (settled_ && creations_ == 0 && records_.empty()) {
        settled_->release({});
    }
}

} // namespace sipher::detail
