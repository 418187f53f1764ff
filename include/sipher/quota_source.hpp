#pragma once

#include <sipher/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string_view>
#include <type_traits>

namespace sipher {

/// What a request wants of a limit that it shares with others.
struct SIPHER_API quota_request {
    quota_request() = default;

    /// The category of the service's endpoints, such as `session`; empty for those that have no quota of the day. It
    /// stays valid.
    std::string_view category;
    /// The request cannot wait for longer than this.
    std::chrono::nanoseconds longest_wait{};
};

static_assert(!std::is_aggregate_v<quota_request>);

/// Somebody who shares a limit out between several clients, such as processes behind one address: a client asks it
/// before each request, once its own gate has let the request go (`client_options::quota_source`).
///
/// The client's own gate goes on learning from responses. Where the source throws, or does not respond within
/// `timeout_options::quota_source`, requests leave by the own gate alone, and the source is asked again a second later.
class SIPHER_API quota_source {
public:
    quota_source() = default;
    quota_source(const quota_source&) = delete;
    quota_source& operator=(const quota_source&) = delete;
    virtual ~quota_source();

    /// Takes a share for one request, and gives how long the request has to wait before it may leave; zero: not at all.
    /// A share that would come later than `wanted.longest_wait` is not taken; the wait is given all the same, and the
    /// call fails with `errc::rate_limited`.
    ///
    /// Arguments by value. It is awaited on the executor of the call, once for each request, and not again for the same
    /// one. Cancellation: with the call, or when it takes too long; the request waits for its end, so it should come
    /// soon after. Errors: whatever it throws means that the request leaves without a share. Thread safety: it may be
    /// called from any thread, and several times at once.
    virtual boost::asio::awaitable<std::chrono::nanoseconds> take(quota_request wanted) = 0;
};

} // namespace sipher
