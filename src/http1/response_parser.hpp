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

/// Reads successive responses, strictly and within limits, in pieces of any size.
///
/// It holds the body, and of the header only an incomplete part. Interim responses, trailers and chunk extensions are
/// skipped, but count towards the limits.
class response_parser {
public:
    explicit response_parser(const limit_options& limits) : limits_(limits), body_reader_(limits.body_size) {}

    /// Forgets the previous response, and frees the memory of an unusually large one.
    void clear() noexcept;

    /// To be called before each response, on a new or cleared parser.
    /// @param expects_no_body Whatever the header says, as after HEAD.
    /// @param keep_fields Keep all header fields, not only those that the library reads.
    void start(bool expects_no_body, bool keep_fields);

    /// Consumes the bytes that belong to the response, and returns their number.
    std::size_t put(std::string_view bytes);

    /// Why the response is rejected; empty if it is accepted.
    [[nodiscard]] const std::string& message() const noexcept { return message_; }
    [[nodiscard]] bool is_header_complete() const noexcept { return place_ != place::header; }
    /// The response is complete according to its framing.
    [[nodiscard]] bool is_complete() const noexcept { return is_header_complete() && body_reader_.is_complete(); }
    /// Its body ends with the connection.
    [[nodiscard]] bool ends_with_stream() const noexcept
    {
        return is_header_complete() && body_reader_.ends_with_stream();
    }
    /// The connection may carry another response.
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
    /// Including interim responses.
    std::size_t header_size_ = 0;
    std::size_t header_fields_ = 0;
    unsigned interim_responses_ = 0;
    /// One of them showed that the server had read the request.
    bool was_accepted_ = false;
    /// The beginning of an incomplete header.
    wiped_buffer partial_;
    header_memo memo_;
    response_head head_;
    body_reader body_reader_;
    wiped_buffer body_;
};

} // namespace sipher::detail
