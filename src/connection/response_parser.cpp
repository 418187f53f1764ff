#include "connection/response_parser.hpp"

#include "connection/header_skim.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <algorithm>
#include <limits>

namespace sipher::detail {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t max_extension_bytes = 4096;

} // namespace

response_parser::response_parser(response_head& head, std::string& body, const limit_options& limits, bool keep_fields,
                                 std::size_t header_bytes_so_far)
    : head_(head), body_(body), limits_(limits), keep_fields_(keep_fields),
      most_header_bytes_(limits.header_size - std::min<std::size_t>(header_bytes_so_far, limits.header_size))
{
    header_limit(static_cast<std::uint32_t>(most_header_bytes_));
    body_limit(limits.body_size);
    eager(true);
}

std::size_t response_parser::put_header(std::string_view input, std::string& scratch, error_code& failure)
{
    if (got_some() || keep_fields_) {
        return put(boost::asio::buffer(input), failure);
    }
    const skimmed_header skimmed = skim_header(input, head_, scratch);
    if (skimmed.size == 0 || skimmed.size > most_header_bytes_ || skimmed.fields_taken > limits_.header_fields) {
        head_.clear();
        return put(boost::asio::buffer(input), failure);
    }
    fields_ = skimmed.fields_taken;
    put(boost::asio::buffer(scratch), failure);
    return skimmed.size;
}

void response_parser::on_request_impl(http::verb, string_view, string_view, int, error_code& failure)
{
    failure = http::error::bad_version;
}

void response_parser::on_response_impl(int status, string_view, int version, error_code& failure)
{
    if (version != 10 && version != 11) {
        failure = http::error::bad_version;
    } else if (status < 100 || status > 599) {
        failure = http::error::bad_status;
    }
    head_.status = static_cast<unsigned>(status);
}

void response_parser::count_field(error_code& failure)
{
    if (++fields_ > limits_.header_fields) {
        failure = http::error::header_limit;
    }
}

void response_parser::on_field_impl(field name, string_view name_text, string_view value, error_code& failure)
{
    count_field(failure);
    if (failure || header_done_) {
        // Trailers count, and mean nothing to us.
        return;
    }
    if (name == field::content_length) {
        has_length_ = true;
    } else if (name == field::transfer_encoding) {
        if (has_transfer_encoding_) {
            failure = http::error::bad_transfer_encoding;
        }
        has_transfer_encoding_ = true;
    }
    read_field(head_, {name_text.data(), name_text.size()}, {value.data(), value.size()});
    if (keep_fields_) {
        head_.fields.emplace_back(std::string{name_text}, std::string{value});
    }
}

void response_parser::on_trailer_field_impl(field, string_view, string_view, error_code& failure)
{
    count_field(failure);
}

void response_parser::on_header_impl(error_code& failure)
{
    header_done_ = true;
    if (has_length_ && has_transfer_encoding_) {
        // Two statements of where the body ends: whoever put this together wants us to be out of step.
        failure = http::error::bad_content_length;
    }
}

void response_parser::on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code&)
{
    if (length) {
        body_.reserve(static_cast<std::size_t>(std::min(*length, limits_.body_size)));
    }
}

std::size_t response_parser::on_body_impl(string_view bytes, error_code&)
{
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
}

void response_parser::on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& failure)
{
    extension_bytes_ += extensions.size();
    if (extension_bytes_ > max_extension_bytes) {
        failure = http::error::bad_chunk_extension;
    }
}

std::size_t response_parser::on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& failure)
{
    if (bytes.size() > limits_.body_size - std::min<std::uint64_t>(body_.size(), limits_.body_size)) {
        failure = http::error::body_limit;
        return 0;
    }
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
}

void response_parser::on_finish_impl(error_code&) {}

} // namespace sipher::detail
