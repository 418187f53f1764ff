#pragma once

#include "http1/rate_limit_fields.hpp"

#include <sipher/response_info.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sipher::detail {

/// The header fields of a response that the library itself reads. The strings keep their memory between responses.
struct response_head {
    unsigned status = 0;
    /// All values, if several were sent.
    std::string request_id;
    std::string retry_after;
    std::string date;
    std::string location;
    std::string content_type;
    std::string content_encoding;
    /// The mark of an edge's challenge sent instead of forwarding the request (`cf-mitigated`).
    std::string mitigation;
    std::string server;
    /// `Connection: close`
    bool closes = false;
    /// `Connection: keep-alive`
    bool keeps_open = false;
    /// An interim response (102, 103) showed that the server had read the request.
    bool was_accepted = false;
    bool has_length = false;
    /// Number of fields in the header, including those that the library does not read.
    unsigned field_count = 0;
    rate_limit_fields rate_limit;
    /// `Keep-Alive: timeout=`
    std::optional<std::chrono::seconds> keep_alive;
    /// Every field, if requested.
    header_list fields;

    void clear();
};

/// Whether a comma-separated list contains this item (case-insensitive).
[[nodiscard]] bool has_item(std::string_view list, std::string_view item);

/// The fields that the library reads.
struct field_id {
    enum class field : std::uint8_t {
        other,
        connection,
        content_encoding,
        content_length,
        content_type,
        date,
        keep_alive,
        location,
        mitigation,
        rate_limit,
        request_id,
        retry_after,
        server,
    };

    [[nodiscard]] bool is_read() const noexcept { return what != field::other; }

    field what = field::other;
    rate_limit_fields::field of_rate_limit = rate_limit_fields::field::other;
};

[[nodiscard]] field_id identify_field(std::string_view name);

/// Stores a field's value in `head`.
void read_field(response_head& head, field_id which, std::string_view value);

} // namespace sipher::detail
