#include <sipher/error_code.hpp>

#include "errors/foreign_status.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>

namespace sipher {

namespace {

using boost::system::error_category;
using boost::system::error_code;

template <class Value>
struct name_of {
    Value value;
    const char* name;
};

template <class Value>
const char* find_name(std::span<const name_of<Value>> names, Value value) noexcept
{
    const auto found = std::ranges::find(names, value, &name_of<Value>::value);
    return found == names.end() ? nullptr : found->name;
}

constexpr std::array<name_of<errc>, 22> messages{{
    {errc::invalid_request, "invalid request"},
    {errc::client_closed, "client closed"},
    {errc::deadline_exceeded, "the call's time ran out"},
    {errc::pool_timeout, "no connection became free in time"},
    {errc::pool_overloaded, "too many calls wait for a connection"},
    {errc::rate_limited, "rate limit used up"},
    {errc::session_gone, "session is gone"},
    {errc::resolve_failed, "cannot resolve the host"},
    {errc::connect_failed, "cannot connect"},
    {errc::tls_handshake_failed, "TLS handshake failed"},
    {errc::tls_verify_failed, "TLS verification failed"},
    {errc::write_failed, "cannot write the request"},
    {errc::no_response, "connection ended before a response"},
    {errc::attempt_timeout, "attempt timed out"},
    {errc::incomplete_header, "connection ended inside the response's header"},
    {errc::incomplete_body, "connection ended inside the response's body"},
    {errc::protocol_error, "not a valid HTTP response"},
    {errc::desynchronized, "response belongs to another request"},
    {errc::bad_payload, "unreadable response"},
    {errc::proxy_failed, "the proxy refused"},
    {errc::callback_failed, "a callback in the options threw"},
    {errc::quota_exhausted, "daily quota used up"},
}};

constexpr std::array<name_of<condition>, 12> condition_names{{
    {condition::invalid_request, "invalid request"},
    {condition::unauthorized, "unauthorized"},
    {condition::forbidden, "forbidden"},
    {condition::not_found, "not found"},
    {condition::rate_limited, "rate limited"},
    {condition::timeout, "timeout"},
    {condition::server_error, "server error"},
    {condition::transport, "transport failure"},
    {condition::cancelled, "cancelled"},
    {condition::closed, "closed"},
    {condition::intermediary, "response of an intermediary"},
    {condition::retryable, "retryable"},
}};

/// The phrases of RFC 9110 and RFC 6585.
constexpr std::array<name_of<int>, 46> phrases{{
    {200, "200 OK"},
    {201, "201 Created"},
    {202, "202 Accepted"},
    {204, "204 No Content"},
    {301, "301 Moved Permanently"},
    {302, "302 Found"},
    {303, "303 See Other"},
    {304, "304 Not Modified"},
    {307, "307 Temporary Redirect"},
    {308, "308 Permanent Redirect"},
    {400, "400 Bad Request"},
    {401, "401 Unauthorized"},
    {402, "402 Payment Required"},
    {403, "403 Forbidden"},
    {404, "404 Not Found"},
    {405, "405 Method Not Allowed"},
    {406, "406 Not Acceptable"},
    {407, "407 Proxy Authentication Required"},
    {408, "408 Request Timeout"},
    {409, "409 Conflict"},
    {410, "410 Gone"},
    {411, "411 Length Required"},
    {413, "413 Content Too Large"},
    {414, "414 URI Too Long"},
    {415, "415 Unsupported Media Type"},
    {421, "421 Misdirected Request"},
    {422, "422 Unprocessable Content"},
    {425, "425 Too Early"},
    {429, "429 Too Many Requests"},
    {431, "431 Request Header Fields Too Large"},
    {500, "500 Internal Server Error"},
    {501, "501 Not Implemented"},
    {502, "502 Bad Gateway"},
    {503, "503 Service Unavailable"},
    {504, "504 Gateway Timeout"},
    {511, "511 Network Authentication Required"},
    // From edges in front of a server; the numbers are Cloudflare's.
    {520, "520 Unknown Error of the Origin"},
    {521, "521 Origin Is Down"},
    {522, "522 Connection to the Origin Timed Out"},
    {523, "523 Origin Is Unreachable"},
    {524, "524 Origin Took Too Long"},
    {525, "525 TLS Handshake with the Origin Failed"},
    {526, "526 Certificate of the Origin Is Invalid"},
    {527, "527 Error Between Edge and Origin"},
    {529, "529 Site Is Overloaded"},
    {530, "530 Edge Error"},
}};

bool is_transport(errc value) noexcept
{
    constexpr std::array values{errc::resolve_failed,    errc::connect_failed,    errc::tls_handshake_failed,
                                errc::tls_verify_failed, errc::write_failed,      errc::no_response,
                                errc::attempt_timeout,   errc::incomplete_header, errc::incomplete_body,
                                errc::protocol_error,    errc::desynchronized,    errc::proxy_failed};
    return std::ranges::find(values, value) != values.end();
}

/// Transient failures. A rejected certificate, or a response that is not HTTP, is permanent.
bool is_retryable(errc value) noexcept
{
    constexpr std::array values{errc::deadline_exceeded, errc::pool_timeout,         errc::pool_overloaded,
                                errc::rate_limited,      errc::resolve_failed,       errc::connect_failed,
                                errc::write_failed,      errc::tls_handshake_failed, errc::no_response,
                                errc::attempt_timeout,   errc::incomplete_header,    errc::incomplete_body,
                                errc::desynchronized,    errc::proxy_failed,         errc::quota_exhausted};
    return std::ranges::find(values, value) != values.end();
}

bool is_in(errc value, condition asked) noexcept
{
    switch (asked) {
    case condition::invalid_request: return value == errc::invalid_request;
    case condition::not_found: return value == errc::session_gone;
    case condition::rate_limited: return value == errc::rate_limited || value == errc::quota_exhausted;
    case condition::timeout:
        return value == errc::deadline_exceeded || value == errc::attempt_timeout || value == errc::pool_timeout;
    case condition::transport: return is_transport(value);
    case condition::closed: return value == errc::client_closed;
    case condition::retryable: return is_retryable(value);
    case condition::unauthorized:
    case condition::forbidden:
    case condition::server_error:
    case condition::intermediary:
    case condition::cancelled: break;
    }
    return false;
}

bool is_in(int status, condition asked) noexcept
{
    switch (asked) {
    case condition::invalid_request: return status == 400 || status == 413 || status == 422;
    case condition::unauthorized: return status == 401;
    case condition::forbidden: return status == 403;
    case condition::not_found: return status == 404 || status == 410;
    case condition::rate_limited: return status == 429;
    case condition::timeout: return status == 408;
    case condition::server_error: return status >= 500 && status <= 599;
    case condition::retryable:
        return status == 408 || status == 425 || status == 429 || status == 500 || (status >= 502 && status <= 504);
    case condition::transport:
    case condition::intermediary:
    case condition::cancelled:
    case condition::closed: break;
    }
    return false;
}

bool is_in_foreign(int status, condition asked) noexcept
{
    switch (asked) {
    case condition::intermediary: return true;
    case condition::retryable: return detail::read_foreign_status(static_cast<unsigned>(status)).transient;
    case condition::unauthorized:
    case condition::forbidden:
    case condition::not_found: return false;
    default: return is_in(status, asked);
    }
}

// The ids make the categories of several copies of the library in one process compare equal.
class sipher_category final : public error_category {
public:
    constexpr sipher_category() noexcept : error_category(0x5f6e2b9c41d78a03U) {}
    [[nodiscard]] const char* name() const noexcept override { return "sipher"; }
    [[nodiscard]] std::string message(int value) const override
    {
        const char* const found = find_name<errc>(messages, static_cast<errc>(value));
        return found != nullptr ? found : "unknown error " + std::to_string(value);
    }
};

class status_category final : public error_category {
public:
    constexpr status_category(std::uint64_t id, const char* name) noexcept : error_category(id), name_(name) {}
    [[nodiscard]] const char* name() const noexcept override { return name_; }
    [[nodiscard]] std::string message(int value) const override
    {
        const char* const found = find_name<int>(phrases, value);
        return found != nullptr ? found : "HTTP status " + std::to_string(value);
    }

private:
    const char* const name_;
};

class conditions_category final : public error_category {
public:
    constexpr conditions_category() noexcept : error_category(0x5f6e2b9c41d78a05U) {}
    [[nodiscard]] const char* name() const noexcept override { return "sipher.condition"; }
    [[nodiscard]] std::string message(int value) const override
    {
        const char* const found = find_name<condition>(condition_names, static_cast<condition>(value));
        return found != nullptr ? found : "unknown condition " + std::to_string(value);
    }
    [[nodiscard]] bool equivalent(const error_code& code, int value) const noexcept override
    {
        const auto asked = static_cast<condition>(value);
        if (code.category() == category()) {
            return is_in(static_cast<errc>(code.value()), asked);
        }
        if (code.category() == service_category()) {
            return is_in(code.value(), asked);
        }
        if (code.category() == intermediary_category()) {
            return is_in_foreign(code.value(), asked);
        }
        return asked == condition::cancelled && code == boost::asio::error::operation_aborted;
    }
};

// Constant initialization and no destructor to run: they are valid before and after everything else.
constinit const sipher_category sipher_codes;
constinit const status_category status_codes{0x5f6e2b9c41d78a04U, "sipher.service"};
constinit const status_category foreign_status_codes{0x5f6e2b9c41d78a06U, "sipher.intermediary"};
constinit const conditions_category conditions;

} // namespace

const error_category& category() noexcept
{
    return sipher_codes;
}

const error_category& service_category() noexcept
{
    return status_codes;
}

const error_category& intermediary_category() noexcept
{
    return foreign_status_codes;
}

const error_category& condition_category() noexcept
{
    return conditions;
}

std::ostream& operator<<(std::ostream& os, errc value)
{
    return os << make_error_code(value).message();
}

std::ostream& operator<<(std::ostream& os, condition value)
{
    return os << make_error_condition(value).message();
}

} // namespace sipher
