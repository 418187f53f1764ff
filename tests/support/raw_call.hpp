#pragma once

#include "support/raw_peer.hpp"

#include <sipher/response_info.hpp>
#include <sipher/testing/sandbox.hpp>

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace sipher::test {

/// One request to the sandbox, with the `pro` key and as JSON unless specified otherwise.
struct raw_call {
    raw_call(std::string_view method_name, std::string_view path) : method(method_name), target(path) {}

    raw_call& with_body(std::string_view text);
    raw_call& with_key(std::string_view text);
    raw_call& with_header(std::string_view name, std::string_view value);
    raw_call& under(std::string_view session_id);

    [[nodiscard]] std::string to_bytes() const;

    std::string method;
    std::string target;
    std::optional<std::string> body;
    std::string key = "sandbox-pro-key";
    std::string content_type = "application/json";
    header_list headers;
};

raw_response exchange(raw_peer& peer, const raw_call& what);

/// @throws if the body is not JSON
boost::json::value document_of(const raw_response& response);
/// The member at `pointer` (RFC 6901) of the body as text without quotes, such as `near` or `1795459632897`; `(none)`
/// if it is missing.
std::string text_at(const raw_response& response, std::string_view pointer);
/// The names of the members of `data`, in order, separated by blanks.
std::string data_members(const raw_response& response);
/// Status and code, such as `404 SESSION_NOT_FOUND`.
std::string verdict(const raw_response& response);

/// Waits for an asynchronous effect in the sandbox.
template <class Condition>
void wait_until(Condition condition)
{
    while (!condition()) {
        std::this_thread::yield();
    }
}

/// Creates a session and returns its id.
std::string create_session(raw_peer& peer, std::string_view defaults = "{}", std::string_view key = "sandbox-pro-key");

} // namespace sipher::test
