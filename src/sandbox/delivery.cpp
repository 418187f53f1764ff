#include "sandbox/delivery.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <utility>

namespace sipher::testing::detail {

namespace {

std::string status_line(unsigned status)
{
    const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
    return "HTTP/1.1 " + std::to_string(status) + " " + std::string{reason} + "\r\n";
}

/// An answer that somebody else gave in the service's place, such as a gateway: nothing in it is the service's.
response substitute(const fault& mishap)
{
    response result;
    result.status = *mishap.status;
    result.headers = mishap.headers;
    result.body = mishap.body.value_or("");
    if (!result.body.empty() && find_header(result.headers, "Content-Type") == nullptr) {
        const bool json = result.body.front() == '{' || result.body.front() == '[';
        result.headers.emplace_back("Content-Type", json ? "application/json; charset=utf-8" : "text/html");
    }
    return result;
}

void apply(const fault& mishap, std::optional<response>& answer)
{
    if (mishap.status) {
        answer = substitute(mishap);
    } else if (answer && mishap.body) {
        answer->body = *mishap.body;
    }
}

void add_connection_headers(response& answer, bool keep_alive, std::chrono::milliseconds idle_time)
{
    if (find_header(answer.headers, "Connection") == nullptr) {
        answer.headers.emplace_back("Connection", keep_alive ? "keep-alive" : "close");
    }
    if (idle_time.count() > 0 && !asks_to_close(answer.headers)) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(idle_time).count();
        answer.headers.emplace_back("Keep-Alive", "timeout=" + std::to_string(seconds));
    }
}

void add_framing(response& answer)
{
    const bool bodiless = answer.status < 200 || answer.status == 204 || answer.status == 304;
    const bool framed = find_header(answer.headers, "Content-Length") != nullptr ||
                        find_header(answer.headers, "Transfer-Encoding") != nullptr;
    if (!bodiless && !framed) {
        answer.headers.emplace_back("Content-Length", std::to_string(answer.body.size()));
    }
}

std::string to_bytes(const response& answer, bool with_body)
{
    std::string bytes = status_line(answer.status);
    for (const auto& [name, value] : answer.headers) {
        bytes.append(name).append(": ").append(value).append("\r\n");
    }
    bytes.append("\r\n");
    if (with_body) {
        bytes.append(answer.body);
    }
    return bytes;
}

/// Header fields of a fault replace those of the whole answer, framing included: that is how wrong framing is made.
delivery to_delivery(const request& asked, response answer, const header_list& replaced,
                     std::chrono::milliseconds keep_alive)
{
    add_connection_headers(answer, asked.keep_alive, keep_alive);
    add_framing(answer);
    for (const auto& [name, value] : replaced) {
        set_header(answer.headers, name, value);
    }
    delivery result;
    result.status = answer.status;
    result.bytes = to_bytes(answer, asked.method != "HEAD");
    result.then = asked.keep_alive && !asks_to_close(answer.headers) ? ending::keep : ending::close;
    return result;
}

void cut(const fault& mishap, delivery& result)
{
    const ending abrupt = mishap.reset ? ending::reset : ending::finish;
    if (mishap.raw) {
        result = {0, *mishap.raw, abrupt};
    }
    if (mishap.cut_after) {
        result.bytes.resize(std::min(result.bytes.size(), *mishap.cut_after));
        result.then = abrupt;
    }
    if (mishap.silent) {
        result = {0, {}, ending::silence};
    }
}

} // namespace

delivery make_delivery(const request& asked, std::optional<response> answer, const std::optional<fault>& mishap,
                       std::chrono::milliseconds keep_alive)
{
    if (mishap) {
        apply(*mishap, answer);
    }
    delivery result;
    if (answer) {
        const bool substituted = mishap && mishap->status;
        const header_list replaced = mishap && !substituted ? mishap->headers : header_list{};
        result = to_delivery(asked, std::move(*answer), replaced, keep_alive);
    }
    if (mishap) {
        cut(*mishap, result);
    }
    return result;
}

std::string raw_refusal(unsigned status)
{
    return status_line(status) + "Connection: close\r\n\r\n";
}

} // namespace sipher::testing::detail
