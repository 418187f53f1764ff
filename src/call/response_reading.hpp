// What a response says, and who says it.
#pragma once

#include "call/known_sessions.hpp"
#include "http1/response_head.hpp"
#include "model/decode.hpp"
#include "retry/classify.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// Takes an operation's result out of a success.
class result_decoder {
public:
    result_decoder() = default;
    result_decoder(const result_decoder&) = delete;
    result_decoder& operator=(const result_decoder&) = delete;

    /// False: the whole body is the result where there is no envelope, and null where there is no body. What is
    /// decoded then outlives the call.
    [[nodiscard]] virtual bool needs_envelope() const noexcept { return true; }
    /// `data` of the envelope is the result; or why it cannot be.
    [[nodiscard]] virtual std::optional<decode_error> decode(boost::json::value& data) = 0;
    /// The service does not know the session any more that an earlier attempt may have deleted.
    virtual void accept_absence() noexcept {}
    /// What was decoded may have come with a secret, so that what is left of it has to be overwritten.
    [[nodiscard]] virtual bool may_hold_secret() const noexcept { return true; }
    /// How long the session in the result lives, as far as it says so.
    [[nodiscard]] virtual std::optional<session_life> life() const { return std::nullopt; }

protected:
    ~result_decoder() = default;
};

struct response_view {
    const response_head& head;
    std::string_view body;
    /// Nothing of it is missing.
    bool complete = false;
    bool to_head_request = false;
};

struct response_reading : response_facts {
    /// Why a success is not usable; of an intermediary's response, what it is.
    std::string message;
    /// Of an error response in JSON.
    std::optional<service_error> refusal;
};

/// Attributes the response and, if it is a success, has its result decoded.
[[nodiscard]] response_reading read_response(const response_view& response, result_decoder& decoder);

} // namespace sipher::detail
