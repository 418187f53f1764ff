#include "sandbox/request_body.hpp"

#include "sandbox/responses.hpp"
#include "sandbox/text_decoding.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

namespace json = boost::json;
namespace zlib = boost::beast::zlib;
using boost::beast::iequals;

namespace {

constexpr std::size_t deepest_nesting = 10'000;

[[noreturn]] void refuse_size()
{
    throw internal_error("request entity too large");
}

bool is_declared_as_json(std::string_view content_type)
{
    std::string_view type = content_type.substr(0, content_type.find(';'));
    type = type.substr(0, type.find_last_not_of(' ') + 1);
    return iequals(type, "application/json");
}

/// In lower case; `utf-8` unless it is named.
std::string charset_of(std::string_view content_type)
{
    std::string charset = "utf-8";
    const std::size_t parameters = std::min(content_type.find(';'), content_type.size());
    for (const auto& [name, value] : http::param_list{content_type.substr(parameters)}) {
        if (iequals(name, "charset")) {
            charset = value;
        }
    }
    std::transform(charset.begin(), charset.end(), charset.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return charset;
}

/// What follows the header of a gzip member (RFC 1952); empty if that is broken.
std::string_view after_gzip_header(std::string_view bytes)
{
    constexpr std::size_t fixed_size = 10;
    constexpr unsigned has_checksum = 2;
    constexpr unsigned has_extra = 4;
    constexpr unsigned has_name = 8;
    constexpr unsigned has_comment = 16;
    if (bytes.size() < fixed_size || !bytes.starts_with("\x1f\x8b\x08")) {
        return {};
    }
    const auto byte = [&bytes](std::size_t place) { return static_cast<unsigned char>(bytes[place]); };
    const auto skip = [&bytes](std::size_t size) { bytes.remove_prefix(std::min(size, bytes.size())); };
    const unsigned flags = byte(3);
    skip(fixed_size);
    if ((flags & has_extra) != 0 && bytes.size() >= 2) {
        skip(std::size_t{2} + byte(0) + byte(1) * std::size_t{256});
    }
    for (const unsigned text : {has_name, has_comment}) {
        if ((flags & text) != 0) {
            skip(std::min(bytes.find('\0'), bytes.size()) + 1);
        }
    }
    skip((flags & has_checksum) != 0 ? 2 : 0);
    return bytes;
}

/// The checksum at the end is not looked at.
std::string inflate(std::string_view deflated)
{
    std::string text(largest_body + 1, '\0');
    zlib::inflate_stream stream;
    zlib::z_params progress;
    progress.next_in = deflated.data();
    progress.avail_in = deflated.size();
    progress.next_out = text.data();
    progress.avail_out = text.size();
    boost::system::error_code problem;
    stream.write(progress, zlib::Flush::sync, problem);
    if (progress.avail_out == 0) {
        refuse_size();
    }
    if (problem != zlib::error::end_of_stream) {
        throw internal_error(problem ? "incorrect header check" : "unexpected end of file");
    }
    text.resize(progress.total_out);
    return text;
}

std::string decompress(const request& received)
{
    const std::string& body = received.message.body();
    const std::string encoding = joined_fields(received, "Content-Encoding");
    if (encoding.empty() || iequals(encoding, "identity")) {
        return body;
    }
    if (iequals(encoding, "gzip")) {
        return inflate(after_gzip_header(body));
    }
    if (iequals(encoding, "deflate")) {
        constexpr std::size_t zlib_header = 2;
        return inflate(std::string_view{body}.substr(std::min(zlib_header, body.size())));
    }
    throw internal_error("unsupported content encoding \"" + encoding + "\"");
}

std::string to_utf_8(std::string bytes, const std::string& charset)
{
    if (charset == "utf-16" || charset == "utf-16le" || charset == "utf-16be") {
        return from_utf_16(bytes, charset == "utf-16be");
    }
    if (charset != "utf-8") {
        std::string name = charset;
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
        throw internal_error("unsupported charset \"" + name + "\"");
    }
    return replace_invalid_utf_8(bytes);
}

} // namespace

std::optional<json::value> parse_body(const request& received)
{
    const auto& message = received.message;
    const std::string content_type{message[http::field::content_type]};
    const bool has_body = message.count(http::field::content_length) != 0 || message.chunked();
    if (!has_body || !is_declared_as_json(content_type)) {
        return std::nullopt;
    }
    if (message.body().size() > largest_body) {
        refuse_size();
    }
    std::string text = to_utf_8(decompress(received), charset_of(content_type));
    if (text.empty()) {
        return json::object{};
    }
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    text = replace_lone_surrogates(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text);
    json::parse_options options;
    options.max_depth = deepest_nesting;
    boost::system::error_code problem;
    json::value document = json::parse(text, problem, {}, options);
    // The framework takes objects and arrays only.
    if (problem || !document.is_structured()) {
        throw refusal{400, "INVALID_JSON", "Request body is not valid JSON", nullptr, {}};
    }
    return document;
}

} // namespace sipher::testing::detail
