#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace sipher::detail {

/// An object that must release its I/O objects and waiting handlers before their execution context is destroyed.
class context_client {
public:
    /// The context no longer runs anything; handlers posted to it are destroyed with it.
    virtual void on_context_shutdown() noexcept = 0;

protected:
    ~context_client() = default;
};

/// Handlers in our own lists are unknown to Asio: without this, a context destroyed with calls outstanding would leak
/// them and the coroutines that they own.
void watch_context(const boost::asio::any_io_executor& executor, std::weak_ptr<context_client> client);

/// The same for a client that makes strands, timers and sockets on the context, possibly on threads other than the
/// context's. Asio shuts services down from the youngest to the oldest, without a lock: so the services used must be
/// older than the watching one, which is then shut down before any of them.
void watch_io_context(const boost::asio::any_io_executor& executor, std::weak_ptr<context_client> client);

[[nodiscard]] bool share_context(const boost::asio::any_io_executor& a, const boost::asio::any_io_executor& b);

} // namespace sipher::detail
