// HTTP/1.1 on one connection, without its waits.
#pragma once

#include "base/wiped_buffer.hpp"
#include "http1/exchange.hpp"
#include "http1/parser_stock.hpp"
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
[[nodiscard]] bool is_request_timeout(std::string_view said);

/// One exchange after another over a channel. It takes the steps that can be taken now; its owner waits.
///
/// Its buffers are used again by the next exchange.
class http_exchange {
public:
    explicit http_exchange(std::shared_ptr<parser_stock> parsers) : parsers_(std::move(parsers)) {}
    http_exchange(const http_exchange&) = delete;
    http_exchange& operator=(const http_exchange&) = delete;
    ~http_exchange() { forget_response(); }

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
    [[nodiscard]] exchange_result result() const noexcept
    {
        return parser_ ? exchange_result{&report_, &parser_->head(), parser_->body()}
                       : exchange_result{&report_, nullptr, {}};
    }

    /// Nobody needs the result any more: gives back the memory that the response took, and what an unusually large
    /// request did.
    void forget_response() noexcept;
    /// Gives back the memory of the request, too.
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
    bool expects_no_body_ = false;
    bool keep_fields_ = false;
    const std::shared_ptr<parser_stock> parsers_;
    /// From the first byte of the response on.
    std::unique_ptr<response_parser> parser_;
    exchange_report report_;
    disposition leaves_ = disposition::keep;
    bool ended_ = true;
};

} // namespace sipher::detail
