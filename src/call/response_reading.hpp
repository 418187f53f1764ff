// The content of a response and its provenance.
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

/// Extracts an operation's result from a successful response.
class result_decoder {
public:
    result_decoder() = default;
    result_decoder(const result_decoder&) = delete;
    result_decoder& operator=(const result_decoder&) = delete;

    /// False: without an envelope the whole body is the result, and without a body the result is null. The decoded
    /// value then outlives the call.
    [[nodiscard]] virtual bool needs_envelope() const noexcept { return true; }
    /// Decodes `data` of the envelope as the result; returns an error if it is invalid.
    [[nodiscard]] virtual std::optional<decode_error> decode(boost::json::value& data) = 0;
    /// The service no longer knows the session, which an earlier attempt may have deleted.
    virtual void accept_absence() noexcept {}
    /// The decoded JSON may contain a secret, so its memory has to be overwritten.
    [[nodiscard]] virtual bool may_hold_secret() const noexcept { return true; }
    /// The remaining life of the session in the result, if stated.
    [[nodiscard]] virtual std::optional<session_life> life() const { return std::nullopt; }

protected:
    ~result_decoder() = default;
};

struct response_view {
    const response_head& head;
    std::string_view body;
    /// The response is complete.
    bool complete = false;
    bool to_head_request = false;
};

struct response_reading : response_facts {
    /// Why a successful response is unusable, or a description of an intermediary's response.
    std::string message;
    /// The error in a JSON error response.
    std::optional<service_error> refusal;
};

/// Attributes the response and, if it is a success, has its result decoded.
[[nodiscard]] response_reading read_response(const response_view& response, result_decoder& decoder);

} // namespace sipher::detail
