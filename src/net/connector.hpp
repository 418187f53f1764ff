#pragma once

#include "http1/connection.hpp"

#include <sipher/attempt.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace sipher::detail {

/// A new connection, or why there is none.
struct connect_result {
    connect_result() = default;

    std::shared_ptr<connection> made;
    boost::system::error_code code;
    std::string message;
    phase reached = phase::resolving;
    /// A retry would fail in the same way.
    bool permanent = false;
    bool resumed = false;
    /// The round-trip time, as measured by connecting.
    std::chrono::nanoseconds round_trip{};
};

/// Thrown when a connection cannot be established.
struct connect_failure {
    boost::system::error_code code;
    /// Human-readable.
    std::string message;
    /// A retry would fail in the same way.
    bool permanent = false;
};

/// A dial in progress.
class pending_connect {
public:
    pending_connect() = default;
    pending_connect(const pending_connect&) = delete;
    pending_connect& operator=(const pending_connect&) = delete;
    virtual ~pending_connect() = default;

    /// Gives up at once; the result is reported as for any failure, never from within this call. Destroying it also
    /// gives up, but reports nothing.
    virtual void cancel() = 0;

    /// The current phase. May be called from any thread.
    [[nodiscard]] virtual phase reached() const noexcept { return phase::connecting; }
};

/// Makes connections to a client's only server: over the network, or scripted in tests.
class connector {
public:
    connector() = default;
    connector(const connector&) = delete;
    connector& operator=(const connector&) = delete;
    virtual ~connector() = default;

    /// `done` is called exactly once, never from within this call, unless the execution context is destroyed first.
    [[nodiscard]] virtual std::shared_ptr<pending_connect> connect(std::function<void(connect_result)> done) = 0;

    /// The client has closed: after its return, nothing is posted to the execution context.
    virtual void abandon() noexcept {}

    /// The server's name for messages: `host:port`.
    [[nodiscard]] virtual std::string server() const { return "the server"; }
};

} // namespace sipher::detail
