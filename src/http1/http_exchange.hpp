// HTTP/1.1 on one connection, without waiting.
#pragma once

#include "base/wiped_buffer.hpp"
#include "http1/exchange.hpp"
#include "http1/parser_pool.hpp"
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

/// Whether `said` is the 408 that the service's HTTP server sends before it closes a connection without a request.
[[nodiscard]] bool is_request_timeout(std::string_view said);

/// Successive exchanges over a channel. Performs the steps possible without waiting; its owner waits.
///
/// Its buffers are reused by the next exchange.
class http_exchange {
public:
    explicit http_exchange(std::shared_ptr<parser_pool> parsers) : parsers_(std::move(parsers)) {}
    http_exchange(const http_exchange&) = delete;
    http_exchange& operator=(const http_exchange&) = delete;
    ~http_exchange() { forget_response(); }

    /// The disposition of the channel after the exchange.
    enum class disposition { keep, close, abort };

    /// @param wire_bytes Bytes that the channel has sent before.
    void start(const request_view& request, bool keep_fields, std::uint64_t wire_bytes);
    /// Writes as much of the request as the channel accepts.
    [[nodiscard]] io_interest write(channel& over);
    /// Reads all available bytes, until the response is complete.
    void read(channel& over);
    /// Ends the exchange. A no-op once it has ended.
    void fail(boost::system::error_code code, std::string message = {});
    /// The server aborted the handshake before anything was sent.
    void fail_handshake(std::string message);
    /// The connection cannot carry another request.
    void forbid_reuse() noexcept { report_.reusable = false; }

    [[nodiscard]] bool has_ended() const noexcept { return ended_; }
    [[nodiscard]] disposition leaves() const noexcept { return leaves_; }
    [[nodiscard]] const exchange_report& report() const noexcept { return report_; }
    [[nodiscard]] exchange_result result() const noexcept
    {
        return parser_ ? exchange_result{&report_, &parser_->head(), parser_->body()}
                       : exchange_result{&report_, nullptr, {}};
    }

    /// The result is no longer needed: frees the response's memory, and that of an unusually large request.
    void forget_response() noexcept;
    /// Frees the memory of the request, too.
    void release_idle_buffers() noexcept;

private:
    void take_bytes(std::string_view fresh);
    void take_response(bool nothing_follows);
    void take_end_of_stream(boost::system::error_code failure, const channel& over);
    [[nodiscard]] bool responds_to_earlier_request() const;

    wiped_buffer request_;
    std::string request_id_;
    /// Ids of the previous requests, the latest first.
    std::array<std::string, 2> earlier_ids_;
    std::uint64_t wire_bytes_before_ = 0;
    bool expects_no_body_ = false;
    bool keep_fields_ = false;
    const std::shared_ptr<parser_pool> parsers_;
    /// Present from the first byte of the response on.
    std::unique_ptr<response_parser> parser_;
    exchange_report report_;
    disposition leaves_ = disposition::keep;
    bool ended_ = true;
};

} // namespace sipher::detail
