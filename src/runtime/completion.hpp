#pragma once

#include "runtime/context_watch.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace sipher::detail {

/// A completion handler that waits in one of our own lists instead of in an Asio service.
///
/// While it waits it keeps outstanding work on the handler's executor. Completing it, once, consumes it. Destroying it
/// destroys the handler, and so the coroutine behind it, without running it; so does the destruction of the handler's
/// execution context, if that is not the client's own. Make, complete and destroy it without locks held, because user
/// code may run then.
///
/// (Asio's `any_completion_handler` would suffice, but in 1.81 it recurses infinitely when moved into a binder.)
template <class... Args>
class completion {
public:
    completion() noexcept = default;

    /// @param fallback The executor of a handler without an associated one.
    template <class Handler>
    completion(Handler handler, const boost::asio::any_io_executor& fallback)
    {
        const boost::asio::any_io_executor runs_on{boost::asio::get_associated_executor(handler, fallback)};
        const bool runs_on_fallback = runs_on == fallback;
        if (runs_on_fallback || share_context(runs_on, fallback)) {
            waiting_.reset(waiting_for<Handler>::make(std::move(handler), runs_on, runs_on_fallback));
        } else {
            waiting_.reset(waiting_elsewhere<Handler>::make(std::move(handler), runs_on));
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return waiting_ != nullptr; }

    [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept { return waiting_->slot(); }

    /// Completes, inline if the handler runs on `fallback`, on which the caller must run. Never call it with a lock
    /// held, nor from an initiating function.
    void dispatch(Args... args) && { waiting_.release()->complete(true, std::move(args)...); }

    /// Completes later.
    void post(Args... args) && { waiting_.release()->complete(false, std::move(args)...); }

private:
    class waiting {
    public:
        virtual void complete(bool may_be_inline, Args... args) = 0;
        virtual void destroy() noexcept = 0;
        [[nodiscard]] virtual boost::asio::cancellation_slot slot() const noexcept = 0;

    protected:
        ~waiting() = default;
    };

    struct destroyer {
        void operator()(waiting* pointer) const noexcept { pointer->destroy(); }
    };

    /// Its memory comes from the handler's allocator and is freed before the handler runs, so that the next operation
    /// can reuse it.
    template <class Handler>
    class waiting_for final : public waiting {
    public:
        static waiting* make(Handler handler, const boost::asio::any_io_executor& runs_on, bool runs_on_fallback)
        {
            // This may allocate, too.
            auto work = boost::asio::prefer(runs_on, boost::asio::execution::outstanding_work.tracked);
            allocator from{allocator_of(handler)};
            waiting_for* const memory = allocator_traits::allocate(from, 1);
            return ::new (static_cast<void*>(memory))
                waiting_for{std::move(handler), std::move(work), runs_on_fallback};
        }

        void complete(bool may_be_inline, Args... args) override
        {
            Handler handler{std::move(handler_)};
            const boost::asio::any_io_executor work{std::move(work_)};
            const bool is_here = may_be_inline && runs_on_fallback_;
            free(handler);
            if (is_here) {
                std::move(handler)(std::move(args)...);
                return;
            }
            auto run = [handler = std::move(handler), ... args = std::move(args)]() mutable {
                std::move(handler)(std::move(args)...);
            };
            if (may_be_inline) {
                boost::asio::dispatch(work, std::move(run));
            } else {
                boost::asio::post(work, std::move(run));
            }
        }

        void destroy() noexcept override
        {
            const boost::asio::any_io_executor work{std::move(work_)};
            const Handler handler{std::move(handler_)};
            free(handler);
        }

        [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept override
        {
            return boost::asio::get_associated_cancellation_slot(handler_);
        }

    private:
        static auto allocator_of(const Handler& handler)
        {
            return boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>{});
        }
        using allocator_traits = typename std::allocator_traits<decltype(allocator_of(
            std::declval<const Handler&>()))>::template rebind_traits<waiting_for>;
        using allocator = typename allocator_traits::allocator_type;

        waiting_for(Handler handler, boost::asio::any_io_executor work, bool runs_on_fallback)
            : work_(std::move(work)), runs_on_fallback_(runs_on_fallback), handler_(std::move(handler))
        {
        }

        void free(const Handler& handler) noexcept
        {
            allocator to{allocator_of(handler)};
            std::destroy_at(this);
            allocator_traits::deallocate(to, this, 1);
        }

        boost::asio::any_io_executor work_;
        bool runs_on_fallback_;
        Handler handler_;
    };

    /// For a handler on another execution context, which may be destroyed while the client continues.
    template <class Handler>
    class waiting_elsewhere final : public waiting,
                                    public context_client,
                                    public std::enable_shared_from_this<waiting_elsewhere<Handler>> {
    public:
        static waiting* make(Handler handler, const boost::asio::any_io_executor& runs_on)
        {
            const auto made = std::make_shared<waiting_elsewhere>(std::move(handler), runs_on);
            watch_context(runs_on, made);
            made->self_ = made;
            return made.get();
        }

        waiting_elsewhere(Handler handler, const boost::asio::any_io_executor& runs_on)
            : work_(boost::asio::prefer(runs_on, boost::asio::execution::outstanding_work.tracked)),
              handler_(std::move(handler))
        {
        }

        void complete(bool, Args... args) override
        {
            const std::shared_ptr<waiting_elsewhere> self = std::move(self_);
            const std::lock_guard lock{mutex_};
            if (handler_) {
                // The context exists as long as the mutex is held.
                boost::asio::post(work_,
                                  [self, ... args = std::move(args)]() mutable { self->run(std::move(args)...); });
            }
        }

        void destroy() noexcept override
        {
            const std::shared_ptr<waiting_elsewhere> self = std::move(self_);
            on_context_shutdown();
        }

        void on_context_shutdown() noexcept override
        {
            std::optional<Handler> dropped;
            const std::lock_guard lock{mutex_};
            if (handler_) {
                dropped.emplace(std::move(*handler_));
                handler_.reset();
            }
            work_ = {};
        }

        [[nodiscard]] boost::asio::cancellation_slot slot() const noexcept override
        {
            return boost::asio::get_associated_cancellation_slot(*handler_);
        }

    private:
        void run(Args... args)
        {
            Handler handler{std::move(*handler_)};
            handler_.reset();
            work_ = {};
            std::move(handler)(std::move(args)...);
        }

        std::mutex mutex_;
        boost::asio::any_io_executor work_;
        std::optional<Handler> handler_;
        /// Keeps it alive while a `completion` owns it.
        std::shared_ptr<waiting_elsewhere> self_;
    };

    std::unique_ptr<waiting, destroyer> waiting_;
};

} // namespace sipher::detail
