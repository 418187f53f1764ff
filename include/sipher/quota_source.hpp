#pragma once

#include <sipher/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string_view>
#include <type_traits>

namespace sipher {

/// One request for a share of a limit that several clients share.
struct SIPHER_API quota_request {
    quota_request() = default;

    /// The category of the endpoint, such as `session`; empty for endpoints without a daily quota. The view stays
    /// valid.
    std::string_view category;
    /// The longest that the request can wait.
    std::chrono::nanoseconds longest_wait{};
};

static_assert(!std::is_aggregate_v<quota_request>);

/// Divides a limit between several clients, such as processes behind one address: a client asks it before each request,
/// once its own gate has released the request (`client_options::quota_source`).
///
/// The client's own gate keeps learning from responses. If the source throws, or does not respond within
/// `timeout_options::quota_source`, requests pass by the client's own gate alone, and the source is asked again one
/// second later.
class SIPHER_API quota_source {
public:
    quota_source() = default;
    quota_source(const quota_source&) = delete;
    quota_source& operator=(const quota_source&) = delete;
    virtual ~quota_source();

    /// Takes a share for one request and returns how long the request has to wait before it may be sent; zero: not at
    /// all. A share that would be available only after `wanted.longest_wait` must not be taken; the wait is returned
    /// all the same, and the call fails with `errc::rate_limited`.
    ///
    /// Arguments are taken by value.
    /// Idempotency and retry: none; it is awaited exactly once for each request, on the call's executor.
    /// Cancellation: with the call, or when it takes too long; the request waits for it to end, so it should end
    /// promptly.
    /// Errors: after any exception, the request is sent without a share.
    /// Thread safety: it may be called from any thread, and several times at once.
    virtual boost::asio::awaitable<std::chrono::nanoseconds> take(quota_request wanted) = 0;
};

} // namespace sipher
