#pragma once

#include "call/client_state.hpp"
#include "options/validation.hpp"
#include "retry/operation_kind.hpp"

#include <sipher/call_options.hpp>
#include <sipher/live_session.hpp>
#include <sipher/request_as.hpp>
#include <sipher/session.hpp>
#include <sipher/verb.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sipher::detail {

// Operations that the library itself also uses. They hold the state and not the client, so that a client may be
// destroyed while they run. Without a state (a moved-from client) they fail with `invalid_request`.

/// What it points to. Throws if that is nothing.
template <class T>
T& require_client(const std::shared_ptr<T>& of_client)
{
    require(of_client != nullptr, "client or session", "must not be empty or moved from");
    return *of_client;
}

[[nodiscard]] boost::asio::awaitable<session> create_session(std::shared_ptr<client_state> client,
                                                             session_defaults defaults,
                                                             std::chrono::seconds time_to_live, call_options options,
                                                             made_for by = made_for::user);
[[nodiscard]] boost::asio::awaitable<session> get_session(std::shared_ptr<client_state> client, session_id id,
                                                          call_options options);
[[nodiscard]] boost::asio::awaitable<session> update_session(std::shared_ptr<client_state> client, session_id id,
                                                             session_defaults defaults, call_options options);
[[nodiscard]] boost::asio::awaitable<deleted_session> delete_session(std::shared_ptr<client_state> client,
                                                                     session_id id, call_options options,
                                                                     made_for by = made_for::user);

struct outgoing_request {
    outgoing_request() = default;
    outgoing_request(verb with_method, std::string to, std::optional<boost::json::value> with_body,
                     call_options with_options)
        : method(with_method), target(std::move(to)), body(std::move(with_body)), options(std::move(with_options))
    {
    }

    /// A string literal: its name in errors and events.
    const char* name = "request";
    verb method = verb::get;
    std::string target;
    std::optional<boost::json::value> body;
    call_options options;
    /// Empty: the result is returned.
    response_converter convert;
};

[[nodiscard]] boost::asio::awaitable<boost::json::value> request(std::shared_ptr<client_state> client,
                                                                 outgoing_request wanted);
/// The same under `session`, of whose client it is a request.
[[nodiscard]] boost::asio::awaitable<boost::json::value> request_under(const live_session& session,
                                                                       outgoing_request wanted);

} // namespace sipher::detail
