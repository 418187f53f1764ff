#include "sandbox/request_reader.hpp"

#include "sandbox/random_text.hpp"

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include <cstdint>
#include <utility>

namespace sipher::testing::detail {

namespace http = boost::beast::http;

namespace {

constexpr std::uint32_t largest_header = 16 * 1024;
/// The service reads what is too large to the end before it says so; this bounds what the sandbox holds.
constexpr std::uint64_t longest_read = std::uint64_t{16} * 1024 * 1024;

reading classify(const boost::beast::error_code& problem)
{
    if (problem == http::error::header_limit) {
        return reading::header_too_large;
    }
    return problem == http::error::body_limit ? reading::body_too_large : reading::malformed;
}

} // namespace

request_reader::request_reader()
{
    parser_.eager(true);
    parser_.header_limit(largest_header);
    parser_.body_limit(longest_read);
}

reading request_reader::feed(boost::asio::const_buffer& bytes)
{
    while (bytes.size() > 0 && !parser_.is_done()) {
        boost::beast::error_code problem;
        const std::size_t taken = parser_.put(bytes, problem);
        bytes += taken;
        if (problem == http::error::need_more) {
            return reading::incomplete;
        }
        if (problem) {
            return classify(problem);
        }
    }
    if (!parser_.is_done()) {
        return reading::incomplete;
    }
    const auto& head = parser_.get();
    const bool has_host = head.version() < 11 || head.count(http::field::host) == 1;
    return has_host ? reading::complete : reading::malformed;
}

bool request_reader::wants_to_be_told_to_continue()
{
    if (told_ || !parser_.is_header_done() || parser_.is_done() ||
        !same_name(parser_.get()[http::field::expect], "100-continue")) {
        return false;
    }
    told_ = true;
    return true;
}

request request_reader::take()
{
    auto message = parser_.release();
    request result;
    result.method = message.method_string();
    result.target = message.target();
    for (const auto& field : message) {
        result.headers.emplace_back(field.name_string(), field.value());
    }
    result.body = std::move(message.body());
    result.keep_alive = message.keep_alive();
    const std::string* const id = find_header(result.headers, "X-Request-ID");
    result.id = id != nullptr && !id->empty() ? *id : random_uuid();
    return result;
}

} // namespace sipher::testing::detail
