#include "client/owned_session.hpp"

#include "client/operations.hpp"
#include "values/error_report.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <mutex>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

/// Something that goes on when the one who waits for it gives up.
struct background_work {
    explicit background_work(client_handle& owner) : ended(owner.services()->make_sleepers(owner.executor())) {}

    const std::shared_ptr<sleep_list> ended;
    std::mutex mutex;
    std::exception_ptr failure;
    session made;
    std::shared_ptr<owned_session> owned;
    bool given_up = false;
};

asio::awaitable<void> wait_for(std::shared_ptr<background_work> work, const char* operation)
{
    const auto [failure] =
        co_await work->ended->async_sleep_until(clock::time_point::max(), asio::as_tuple(asio::use_awaitable));
    const std::lock_guard lock{work->mutex};
    if (failure) {
        work->given_up = true;
        if (work->owned) {
            work->owned->retire();
        }
        error_report report;
        report.code = failure;
        report.operation = operation;
        report.message = "cancelled; it goes on, and no session is left behind";
        report.outcome = outcome::unknown;
        report.ended_because = end_reason::cancelled;
        throw make_error(std::move(report));
    }
    if (work->failure) {
        std::rethrow_exception(work->failure);
    }
}

asio::awaitable<void> remove_it(std::shared_ptr<client_handle> owner, session_id id, std::chrono::milliseconds grace,
                                std::shared_ptr<background_work> work)
{
    call_options options;
    options.total_timeout = grace;
    try {
        co_await clean_up_session(owner->services(), id, std::move(options));
    } catch (const error& failure) {
        if (work && failure.code() != condition::not_found) {
            work->failure = std::current_exception();
        }
    } catch (...) {
        // Functions in the client's options may throw what they like.
        if (work) {
            work->failure = std::current_exception();
        }
    }
    if (work) {
        work->ended->release({});
    }
}

asio::awaitable<void> create_it(std::shared_ptr<client_handle> owner, session_defaults defaults,
                                std::chrono::seconds time_to_live, std::chrono::milliseconds grace,
                                std::shared_ptr<background_work> work)
{
    try {
        const session made = co_await create_session(owner->services(), std::move(defaults), time_to_live, {});
        const std::lock_guard lock{work->mutex};
        work->made = made;
        work->owned = std::make_shared<owned_session>(std::move(owner), made, grace);
        if (work->given_up) {
            work->owned->retire();
        }
    } catch (...) {
        work->failure = std::current_exception();
    }
    work->ended->release({});
}

} // namespace

owned_session::~owned_session()
{
    if (!retired_ || !is_alive()) {
        return;
    }
    try {
        asio::co_spawn(owner_->executor(), remove_it(owner_, id, grace_, nullptr), asio::detached);
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch)
        // Without memory for that it ends at its time.
    }
}

bool owned_session::is_alive() const
{
    const call_services& services = *owner_->services();
    return !services.closing && !services.dead.contains(id) && services.service_now() < expires_at;
}

asio::awaitable<void> owned_session::remove()
{
    retired_ = false;
    const auto work = std::make_shared<background_work>(*owner_);
    asio::co_spawn(owner_->executor(), remove_it(owner_, id, grace_, work), asio::detached);
    co_await wait_for(work, "delete_session");
}

asio::awaitable<session> create_in_background(std::shared_ptr<client_handle> owner, session_defaults defaults,
                                              std::chrono::seconds time_to_live, std::chrono::milliseconds grace,
                                              std::shared_ptr<owned_session>& made)
{
    const auto work = std::make_shared<background_work>(*owner);
    asio::co_spawn(owner->executor(), create_it(owner, std::move(defaults), time_to_live, grace, work), asio::detached);
    co_await wait_for(work, "create_session");
    made = std::move(work->owned);
    co_return work->made;
}

} // namespace sipher::detail
