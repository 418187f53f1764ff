#include "http1/response_header.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <limits>

namespace sipher::detail {

namespace http = boost::beast::http;

namespace {

class header_parser final : public http::basic_parser<false> {
    using field = http::field;
    using string_view = boost::beast::string_view;
    using error_code = boost::beast::error_code;

public:
    header_parser(std::string_view header, response_head& head, bool keep_fields, std::size_t most_fields)
        : header_(header), head_(head), keep_fields_(keep_fields), most_fields_(most_fields)
    {
        skip(true);
        header_limit(std::numeric_limits<std::uint32_t>::max());
    }

    message_framing read()
    {
        message_framing framing;
        error_code failure;
        put(boost::asio::buffer(header_), failure);
        if (failure || !is_header_done()) {
            framing.message = message_.empty() ? failure.message() : std::string{message_};
            return framing;
        }
        framing.chunked = chunked();
        if (const auto length = content_length()) {
            framing.length = *length;
        }
        // RFC 9112, 6.1: before HTTP/1.1 there were no chunks, so the framing of a sender that uses them cannot be
        // trusted.
        framing.keeps_alive = keep_alive() && !head_.closes && !(version_ == 10 && (chunked() || !head_.keeps_open));
        return framing;
    }

    // Not marked `override`: only newer versions of Beast have it.
    void on_trailer_field_impl(field, string_view, string_view, error_code&) {}

private:
    void on_request_impl(http::verb, string_view, string_view, int, error_code& failure) override
    {
        failure = http::error::bad_version;
    }

    void on_response_impl(int status, string_view, int version, error_code& failure) override
    {
        if (version != 10 && version != 11) {
            failure = http::error::bad_version;
        } else if (status < 100 || status > 599) {
            failure = http::error::bad_status;
        }
        version_ = version;
        head_.status = static_cast<unsigned>(status);
    }

    void on_field_impl(field name, string_view name_text, string_view value, error_code& failure) override
    {
        read_field(head_, identify_field({name_text.data(), name_text.size()}), {value.data(), value.size()});
        if (head_.field_count > most_fields_) {
            refuse("it has more fields than limits.header_fields", failure);
        } else if (name == field::transfer_encoding) {
            if (has_transfer_encoding_ || !boost::beast::iequals(value, "chunked") || is_folded(name_text, value)) {
                refuse("its Transfer-Encoding is not \"chunked\" alone", failure);
            }
            has_transfer_encoding_ = true;
        } else if (name == field::content_length) {
            if (is_folded(name_text, value)) {
                refuse("its Content-Length is folded", failure);
            }
            has_length_ = true;
        }
        if (keep_fields_ && !failure) {
            head_.fields.emplace_back(std::string{name_text}, std::string{value});
        }
    }

    void on_header_impl(error_code& failure) override
    {
        if (has_length_ && has_transfer_encoding_) {
            // Two contradictory framings of the body: a sign of response smuggling.
            refuse("it has both Content-Length and Transfer-Encoding", failure);
        }
    }

    // The parser never sees a body.
    void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
    std::size_t on_body_impl(string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
    void on_finish_impl(error_code&) override {}

    void refuse(std::string_view message, error_code& failure)
    {
        message_ = message;
        failure = http::error::bad_field;
    }

    /// Beast unfolds a value into its own memory, or skips empty lines before it.
    [[nodiscard]] bool is_folded(string_view name, string_view value) const
    {
        const auto begin = static_cast<std::size_t>(name.end() - header_.data());
        const std::string_view line = header_.substr(begin, header_.find('\r', begin) - begin);
        return value.data() < line.data() || value.data() + value.size() > line.data() + line.size();
    }

    const std::string_view header_;
    response_head& head_;
    const bool keep_fields_;
    const std::size_t most_fields_;
    int version_ = 0;
    bool has_length_ = false;
    bool has_transfer_encoding_ = false;
    std::string_view message_;
};

} // namespace

message_framing read_header(std::string_view header, response_head& head, bool keep_fields, std::size_t most_fields)
{
    constexpr std::size_t short_status_line = std::string_view{"HTTP/1.1 200"}.size();
    if (header.find('\r') == short_status_line) {
        // A server that sends no reason phrase may omit the space before it, too; Beast requires the space.
        return read_header(std::string{header}.insert(short_status_line, " "), head, keep_fields, most_fields);
    }
    return header_parser{header, head, keep_fields, most_fields}.read();
}

} // namespace sipher::detail
