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
    /// Another try would end the same way.
    bool permanent = false;
    bool resumed = false;
    /// How long the way there and back takes, as far as connecting showed it.
    std::chrono::nanoseconds round_trip{};
};

/// Thrown where a connection cannot be made.
struct connect_failure {
    boost::system::error_code code;
    /// For people.
    std::string message;
    /// Another try would end the same way.
    bool permanent = false;
};

/// A connection in the making.
class pending_connect {
public:
    pending_connect() = default;
    pending_connect(const pending_connect&) = delete;
    pending_connect& operator=(const pending_connect&) = delete;
    virtual ~pending_connect() = default;

    /// Gives up at once; the result is reported as for any failure, never from within this call. Destroying it gives
    /// up, too, and reports nothing.
    virtual void cancel() = 0;

    /// What is under way. May be called from any thread.
    [[nodiscard]] virtual phase reached() const noexcept { return phase::connecting; }
};

/// Makes connections to the one server of a client: over the network, or by a script in tests.
class connector {
public:
    connector() = default;
    connector(const connector&) = delete;
    connector& operator=(const connector&) = delete;
    virtual ~connector() = default;

    /// `done` is called exactly once, never from within this call, unless the execution context is destroyed before.
    [[nodiscard]] virtual std::shared_ptr<pending_connect> connect(std::function<void(connect_result)> done) = 0;

    /// The client has closed: when this returns, nothing is handed to the execution context any more.
    virtual void abandon() noexcept {}

    /// Who is connected to, for messages: `host:port`.
    [[nodiscard]] virtual std::string server() const { return "the server"; }
};

} // namespace sipher::detail
