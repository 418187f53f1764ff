#pragma once

#include <sipher/config.hpp>

#include <concepts>
#include <string>
#include <string_view>

namespace sipher {

/// Builds the percent-encoded path and query that `client::request` takes.
///
///     sipher::request_target{"/v1/payments"}.segment(name).query("limit", 20)
///
/// Source: RFC 3986, sections 3.3 and 3.4.
class SIPHER_API request_target {
public:
    /// @param path Already encoded, such as `/v1/payments`; not encoded again.
    explicit request_target(std::string_view path);

    /// Adds `/` and one path segment. Everything but unreserved characters is encoded, including slashes.
    /// @throws sipher::error with `errc::invalid_request` for an empty segment, `.` and `..`, which would name another
    /// path.
    request_target& segment(std::string_view text);
    /// Adds `name=value` to the query, both encoded.
    request_target& query(std::string_view name, std::string_view value);
    request_target& query(std::string_view name, const char* value) { return query(name, std::string_view{value}); }
    request_target& query(std::string_view name, std::integral auto value)
    {
        return query(name, std::string_view{std::to_string(value)});
    }
    request_target& query(std::string_view name, bool value) { return query(name, value ? "true" : "false"); }

    [[nodiscard]] const std::string& str() const noexcept { return text_; }
    operator std::string() const { return text_; } // NOLINT(google-explicit-constructor): it is one

private:
    std::string text_;
    bool has_query_ = false;
};

} // namespace sipher
