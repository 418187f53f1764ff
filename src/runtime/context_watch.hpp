#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace sipher::detail {

/// Something that must let go of its I/O objects and waiting handlers before their execution context dies.
class context_client {
public:
    /// The context runs nothing any more; what is posted to it is destroyed with it.
    virtual void on_context_shutdown() noexcept = 0;

protected:
    ~context_client() = default;
};

/// Handlers that wait in our own lists are unknown to Asio: without this, a context that is destroyed with calls
/// outstanding would leave them, and the coroutines that they own, behind for ever.
void watch_context(const boost::asio::any_io_executor& executor, std::weak_ptr<context_client> client);

/// The same for something that makes strands, timers and sockets on the context, perhaps on other threads than the
/// context's. Asio shuts services down from the youngest to the oldest, without a lock: so those that are used must be
/// older than the one that watches, which then comes before the first of them ends.
void watch_io_context(const boost::asio::any_io_executor& executor, std::weak_ptr<context_client> client);

[[nodiscard]] bool share_context(const boost::asio::any_io_executor& a, const boost::asio::any_io_executor& b);

} // namespace sipher::detail
