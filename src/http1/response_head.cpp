#include "http1/response_head.hpp"

#include "base/field_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sipher::detail {

namespace {

std::optional<std::chrono::seconds> read_keep_alive(std::string_view value)
{
    while (!value.empty()) {
        const auto comma = value.find(',');
        const std::string_view item = trimmed(value.substr(0, comma));
        value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
        const auto equals = item.find('=');
        if (equals == std::string_view::npos || !same_name(trimmed(item.substr(0, equals)), "timeout")) {
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

/// An edge may add its own id.
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
        if (same_name(trimmed(list.substr(0, comma)), item)) {
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
    was_accepted = false;
    keeps_open = false;
    has_length = false;
    field_count = 0;
    rate_limit.clear();
    keep_alive.reset();
    fields.clear();
}

field_id identify_field(std::string_view name)
{
    using field = field_id::field;
    static constexpr auto known = std::to_array<named_field<field>>({
        {"cf-mitigated", field::mitigation},
        {"Connection", field::connection},
        {"Content-Encoding", field::content_encoding},
        {"Content-Length", field::content_length},
        {"Content-Type", field::content_type},
        {"Date", field::date},
        {"Keep-Alive", field::keep_alive},
        {"Location", field::location},
        {"Retry-After", field::retry_after},
        {"Server", field::server},
        {"X-Request-ID", field::request_id},
    });
    const field what = find_field(known, name, field::other);
    const auto of_rate_limit =
        what == field::other ? rate_limit_fields::identify(name) : rate_limit_fields::field::other;
    return {of_rate_limit == rate_limit_fields::field::other ? what : field::rate_limit, of_rate_limit};
}

void read_field(response_head& head, field_id which, std::string_view value)
{
    using field = field_id::field;
    ++head.field_count;
    switch (which.what) {
    case field::other: break;
    case field::connection:
        head.closes = head.closes || has_item(value, "close");
        head.keeps_open = head.keeps_open || has_item(value, "keep-alive");
        break;
    case field::content_encoding: head.content_encoding = value; break;
    case field::content_length: head.has_length = true; break;
    case field::content_type: head.content_type = value; break;
    case field::date: head.date = value; break;
    case field::keep_alive:
        if (const auto hint = read_keep_alive(value)) {
            head.keep_alive = hint;
        }
        break;
    case field::location: head.location = value; break;
    case field::mitigation: head.mitigation = value; break;
    case field::rate_limit: head.rate_limit.read(which.of_rate_limit, value); break;
    case field::request_id: add_request_id(head.request_id, value); break;
    case field::retry_after:
        // What is longest is decided where dates are read.
        head.retry_after.append(head.retry_after.empty() ? "" : "\n").append(value);
        break;
    case field::server: head.server = value; break;
    }
}

} // namespace sipher::detail
