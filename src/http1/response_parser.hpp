#pragma once

#include "base/wiped_buffer.hpp"
#include "http1/body_reader.hpp"
#include "http1/header_memo.hpp"
#include "http1/response_head.hpp"

#include <sipher/client_options.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::detail {

/// Reads the response to one request after another, strictly and within limits, in whatever pieces they come.
///
/// It holds the body, and of the header no more than a part that is not complete yet. Interim responses, trailers and
/// chunk extensions are passed over, and count.
class response_parser {
public:
    explicit response_parser(const limit_options& limits) : limits_(limits), body_reader_(limits.body_size) {}

    /// Forgets the response before, and gives back memory that an unusually large one took.
    void clear() noexcept;

    /// Before the first response, or once it is clear.
    /// @param expects_no_body Whatever its header says, as after HEAD.
    /// @param keep_fields Keep all header fields, not only those that the library reads.
    void start(bool expects_no_body, bool keep_fields);

    /// Takes what belongs to the response, and returns how many bytes that were.
    std::size_t put(std::string_view bytes);

    /// Why it cannot be accepted; empty if it can.
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] bool is_header_complete() const noexcept { return place_ != place::header; }
    /// All of it is there, as far as the framing tells.
    [[nodiscard]] bool is_complete() const noexcept { return is_header_complete() && body_reader_.is_complete(); }
    /// Its body ends with the connection.
    [[nodiscard]] bool ends_with_stream() const noexcept
    {
        return is_header_complete() && body_reader_.ends_with_stream();
    }
    /// Another response may come on the same connection.
    [[nodiscard]] bool keeps_alive() const noexcept { return keeps_alive_; }

    [[nodiscard]] const response_head& head() const noexcept { return head_; }
    [[nodiscard]] std::string_view body() const noexcept { return body_.view(); }

private:
    enum class place { header, body };

    bool take_header(std::string_view& input, std::size_t fresh);
    void check_partial_header(std::string_view input, std::size_t fresh);
    void take_interim();
    void begin_body(const message_framing& framing);
    void refuse(std::string_view what);

    const limit_options limits_;
    bool expects_no_body_ = false;
    bool keep_fields_ = false;
    place place_ = place::header;
    std::string message_;
    bool keeps_alive_ = false;
    /// Of interim responses, too.
    std::size_t header_size_ = 0;
    std::size_t header_fields_ = 0;
    unsigned interim_responses_ = 0;
    /// The beginning of a header.
    wiped_buffer partial_;
    header_memo memo_;
    response_head head_;
    body_reader body_reader_;
    wiped_buffer body_;
};

} // namespace sipher::detail
