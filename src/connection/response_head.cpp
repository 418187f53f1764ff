#include "connection/response_head.hpp"

#include "values/field_text.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <string_view>

namespace sipher::detail {

namespace {

bool is(std::string_view name, std::string_view other)
{
    return boost::beast::iequals(name, other);
}

std::optional<std::chrono::seconds> read_keep_alive(std::string_view value)
{
    while (!value.empty()) {
        const auto comma = value.find(',');
        const std::string_view item = trimmed(value.substr(0, comma));
        value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
        const auto equals = item.find('=');
        if (equals == std::string_view::npos || !is(trimmed(item.substr(0, equals)), "timeout")) {
            continue;
        }
        std::string_view number = trimmed(item.substr(equals + 1));
        if (number.size() >= 2 && number.front() == '"' && number.back() == '"') {
            number = number.substr(1, number.size() - 2);
        }
        if (const auto seconds = read_number(number)) {
            return std::chrono::seconds{*seconds};
        }
    }
    return std::nullopt;
}

/// An edge may add one of its own.
void add_request_id(std::string& all, std::string_view one)
{
    if (!all.empty() && all != one) {
        all.append(", ").append(one);
    } else {
        all = one;
    }
}

} // namespace

bool has_item(std::string_view list, std::string_view item)
{
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (is(trimmed(list.substr(0, comma)), item)) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

void response_head::clear()
{
    status = 0;
    request_id.clear();
    retry_after.clear();
    date.clear();
    location.clear();
    content_type.clear();
    content_encoding.clear();
    mitigation.clear();
    server.clear();
    closes = false;
    has_length = false;
    field_count = 0;
    rate_limit.clear();
    keep_alive.reset();
    fields.clear();
}

void read_field(response_head& head, std::string_view name, std::string_view value)
{
    ++head.field_count;
    // The length tells most of the 22 fields of a response apart before any text is compared.
    switch (name.size()) {
    case 4:
        if (is(name, "Date")) {
            head.date = value;
        }
        break;
    case 6:
        if (is(name, "Server")) {
            head.server = value;
        }
        break;
    case 8:
        if (is(name, "Location")) {
            head.location = value;
        }
        break;
    case 10:
        if (is(name, "Keep-Alive")) {
            head.keep_alive = read_keep_alive(value);
        } else if (is(name, "Connection")) {
            head.closes = head.closes || has_item(value, "close");
        }
        break;
    case 11:
        if (is(name, "Retry-After")) {
            head.retry_after = value;
        }
        break;
    case 12:
        if (is(name, "X-Request-ID")) {
            add_request_id(head.request_id, value);
        } else if (is(name, "Content-Type")) {
            head.content_type = value;
        } else if (is(name, "cf-mitigated")) {
            head.mitigation = value;
        }
        break;
    case 14: head.has_length = head.has_length || is(name, "Content-Length"); break;
    case 16:
        if (is(name, "Content-Encoding")) {
            head.content_encoding = value;
            break;
        }
        head.rate_limit.read(name, value);
        break;
    case 9:
    case 15:
    case 17:
    case 19:
    case 21: head.rate_limit.read(name, value); break;
    default: break;
    }
}

} // namespace sipher::detail
