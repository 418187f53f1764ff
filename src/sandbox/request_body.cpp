#include "sandbox/request_body.hpp"

#include "sandbox/responses.hpp"
#include "sandbox/text_decoding.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>

namespace sipher::testing::detail {

namespace json = boost::json;
using boost::beast::iequals;

namespace {

constexpr std::size_t largest_body = std::size_t{1024} * 1024;
constexpr std::size_t deepest_nesting = 10'000;

bool is_declared_as_json(std::string_view content_type)
{
    std::string_view type = content_type.substr(0, content_type.find(';'));
    type = type.substr(0, type.find_last_not_of(' ') + 1);
    return iequals(type, "application/json");
}

/// In capitals; `UTF-8` if not specified.
std::string charset_of(std::string_view content_type)
{
    std::string charset = "UTF-8";
    const std::size_t parameters = std::min(content_type.find(';'), content_type.size());
    for (const auto& [name, value] : http::param_list{content_type.substr(parameters)}) {
        if (iequals(name, "charset")) {
            charset = value;
        }
    }
    std::transform(charset.begin(), charset.end(), charset.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    return charset;
}

/// In UTF-8 and without byte order mark.
std::string to_text(std::string_view bytes, const std::string& charset)
{
    if (charset == "UTF-16" || charset == "UTF-16LE" || charset == "UTF-16BE") {
        return from_utf_16(bytes, charset == "UTF-16BE");
    }
    if (charset != "UTF-8") {
        throw internal_error("unsupported charset \"" + charset + "\"");
    }
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    return replace_invalid_utf_8(bytes.substr(bytes.starts_with(byte_order_mark) ? byte_order_mark.size() : 0));
}

} // namespace

std::optional<json::value> parse_body(const request& received)
{
    const auto& message = received.message;
    const std::string_view content_type = message[http::field::content_type];
    const bool has_body = message.count(http::field::content_length) != 0 || message.chunked();
    if (!has_body || !is_declared_as_json(content_type)) {
        return std::nullopt;
    }
    const std::string encoding = joined_fields(received, "Content-Encoding");
    if (!encoding.empty() && !iequals(encoding, "identity")) {
        throw internal_error("unsupported content encoding \"" + encoding + "\"");
    }
    if (message.body().size() > largest_body) {
        throw internal_error("request entity too large");
    }
    std::string text = to_text(message.body(), charset_of(content_type));
    if (text.empty()) {
        return json::object{};
    }
    replace_lone_surrogates(text);
    json::parse_options options;
    options.max_depth = deepest_nesting;
    boost::system::error_code problem;
    json::value document = json::parse(text, problem, {}, options);
    // The framework accepts only objects and arrays.
    if (problem || !document.is_structured()) {
        throw refusal{400, "INVALID_JSON", "Request body is not valid JSON"};
    }
    return document;
}

} // namespace sipher::testing::detail
