#pragma once

#include "connection/response_head.hpp"

#include <sipher/client_options.hpp>

#include <boost/beast/http/basic_parser.hpp>

#include <string>
#include <string_view>

namespace sipher::detail {

/// Reads one HTTP/1.1 answer into a head and a body that belong to the connection, strictly and within limits.
///
/// Beast's parser does the reading; the rules about framing are checked here as well, because how strict Beast is
/// depends on its version and an answer that two parties frame differently is a security hole.
class response_parser final : public boost::beast::http::basic_parser<false> {
    using field = boost::beast::http::field;
    using string_view = boost::beast::string_view;
    using error_code = boost::beast::error_code;

public:
    response_parser(response_head& head, std::string& body, const limit_options& limits, bool keep_fields,
                    std::size_t header_bytes_so_far);

    /// The same as `put` for a header that has not begun yet, but with less work where all of it is there.
    /// @param scratch Memory to use.
    std::size_t put_header(std::string_view input, std::string& scratch, error_code& failure);

    [[nodiscard]] bool is_interim() const noexcept { return head_.status >= 100 && head_.status < 200; }
    /// The answer says that it ends with the connection.
    [[nodiscard]] bool ends_with_connection() const { return need_eof(); }

    // Not marked `override`: this one is there since a newer Beast only.
    void on_trailer_field_impl(boost::beast::http::field, boost::beast::string_view, boost::beast::string_view,
                               boost::beast::error_code& failure);

private:
    void on_request_impl(boost::beast::http::verb, string_view, string_view, int, error_code& failure) override;
    void on_response_impl(int status, string_view reason, int version, error_code& failure) override;
    void on_field_impl(field name, string_view name_text, string_view value, error_code& failure) override;
    void on_header_impl(error_code& failure) override;
    void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code& failure) override;
    std::size_t on_body_impl(string_view bytes, error_code& failure) override;
    void on_chunk_header_impl(std::uint64_t size, string_view extensions, error_code& failure) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, string_view bytes, error_code& failure) override;
    void on_finish_impl(error_code& failure) override;

    void count_field(error_code& failure);

    response_head& head_;
    std::string& body_;
    const limit_options& limits_;
    const bool keep_fields_;
    const std::size_t most_header_bytes_;
    std::size_t fields_ = 0;
    std::size_t extension_bytes_ = 0;
    bool has_length_ = false;
    bool has_transfer_encoding_ = false;
    bool header_done_ = false;
};

} // namespace sipher::detail
