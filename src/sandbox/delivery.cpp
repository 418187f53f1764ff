#include "sandbox/delivery.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <utility>

namespace sipher::testing::detail {

namespace {

/// An intermediary's response in place of the service's: nothing in it comes from the service.
response substitute(const fault& applied)
{
    response result;
    result.result(*applied.status);
    for (const auto& [name, value] : applied.headers) {
        result.insert(name, value);
    }
    result.body() = applied.body.value_or("");
    if (!result.body().empty() && result.count(http::field::content_type) == 0) {
        const bool json = result.body().front() == '{' || result.body().front() == '[';
        result.set(http::field::content_type, json ? "application/json; charset=utf-8" : "text/html");
    }
    return result;
}

bool closes(const response& made)
{
    return http::token_list{made[http::field::connection]}.exists("close");
}

void add_connection_fields(response& made, bool keep, std::chrono::milliseconds keep_alive)
{
    if (made.count(http::field::connection) == 0) {
        made.set(http::field::connection, keep ? "keep-alive" : "close");
    }
    if (keep_alive.count() > 0 && !closes(made)) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(keep_alive).count();
        made.set(http::field::keep_alive, "timeout=" + std::to_string(seconds));
    }
}

void add_framing(response& made)
{
    const unsigned status = made.result_int();
    const bool bodiless = status < 200 || status == 204 || status == 304;
    if (!bodiless && made.count(http::field::content_length) + made.count(http::field::transfer_encoding) == 0) {
        made.set(http::field::content_length, std::to_string(made.body().size()));
    }
}

/// The body follows the header unchanged, whatever the header says about it.
std::string serialize(const response& made, bool with_body)
{
    http::fields::writer header{made.base(), made.version(), made.result_int()};
    std::string bytes = boost::beast::buffers_to_string(header.get());
    return with_body ? bytes.append(made.body()) : bytes;
}

/// A fault's header fields replace those of the complete response, including framing, which allows wrong framing.
delivery deliver(const request& received, response made, const fault& applied, std::chrono::milliseconds keep_alive)
{
    const bool keep = received.message.keep_alive();
    add_connection_fields(made, keep, keep_alive);
    add_framing(made);
    if (!applied.status) {
        for (const auto& [name, value] : applied.headers) {
            made.set(name, value);
        }
    }
    const bool with_body = received.message.method() != http::verb::head;
    return {made.result_int(), serialize(made, with_body), keep && !closes(made) ? ending::keep : ending::close};
}

} // namespace

delivery make_delivery(const request& received, std::optional<response> made, const fault& applied,
                       std::chrono::milliseconds keep_alive)
{
    if (applied.silent) {
        return {0, {}, ending::silence};
    }
    if (applied.status) {
        made = substitute(applied);
    } else if (made && applied.body) {
        made->body() = *applied.body;
    }
    const ending abrupt = applied.reset ? ending::reset : ending::close;
    delivery result;
    if (applied.raw) {
        result = {0, *applied.raw, abrupt};
    } else if (made) {
        result = deliver(received, std::move(*made), applied, keep_alive);
    }
    if (applied.cut_after) {
        result.bytes.resize(std::min(result.bytes.size(), *applied.cut_after));
        result.then = abrupt;
    }
    return result;
}

delivery refuse(unsigned status)
{
    response made;
    made.result(status);
    made.set(http::field::connection, "close");
    return {status, serialize(made, false), ending::close};
}

} // namespace sipher::testing::detail
