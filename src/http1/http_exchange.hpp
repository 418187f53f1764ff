// HTTP/1.1 on one connection, without its waits.
#pragma once

#include "base/wiped_buffer.hpp"
#include "http1/exchange.hpp"
#include "http1/response_parser.hpp"
#include "net/channel.hpp"

#include <sipher/client_options.hpp>

#include <boost/system/error_code.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sipher::detail {

/// The service's HTTP server says 408 before it closes a connection on which no request came.
[[nodiscard]] bool is_farewell(std::string_view said);

/// One exchange after another over a channel. It takes the steps that can be taken now; its owner waits.
///
/// Its buffers are used again by the next exchange.
class http_exchange {
public:
    http_exchange(const limit_options& limits, std::shared_ptr<header_memo> memo) : parser_(limits, std::move(memo)) {}

    /// What is to become of the channel when the exchange has ended.
    enum class disposition { keep, close, abort };

    /// @param wire_bytes What the channel has sent before.
    void start(const request_view& request, bool keep_fields, std::uint64_t wire_bytes);
    /// Writes what the channel takes of the request.
    [[nodiscard]] io_interest write(channel& over);
    /// Reads what the channel has, until the response is complete.
    void read(channel& over);
    /// Ends it. Does nothing once it has ended.
    void fail(boost::system::error_code code, std::string message = {});
    /// The server broke off the handshake before anything was sent.
    void fail_handshake(std::string message);
    /// The connection cannot carry another.
    void forbid_reuse() noexcept { report_.reusable = false; }

    [[nodiscard]] bool has_ended() const noexcept { return ended_; }
    [[nodiscard]] disposition leaves() const noexcept { return leaves_; }
    [[nodiscard]] const exchange_report& report() const noexcept { return report_; }
    [[nodiscard]] exchange_result result() const noexcept { return {&report_, &parser_.head(), parser_.body()}; }

    /// Gives back memory that an unusually large exchange took.
    void trim() noexcept;
    /// Gives back all memory that an exchange takes, and the response with it.
    void release_idle_buffers() noexcept;

private:
    void take_bytes(std::string_view fresh);
    void take_response(bool nothing_follows);
    void take_end_of_stream(boost::system::error_code failure, const channel& over);
    [[nodiscard]] bool responds_to_earlier_request() const;

    wiped_buffer request_;
    std::string request_id_;
    /// Of the requests before, the last one first.
    std::array<std::string, 2> earlier_ids_;
    std::uint64_t wire_bytes_before_ = 0;
    response_parser parser_;
    exchange_report report_;
    disposition leaves_ = disposition::keep;
    bool ended_ = true;
};

} // namespace sipher::detail
