// Reads JSON texts: more lenient than Boost.JSON wherever other parsers are, and exact about numbers.
#pragma once

#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string_view>
#include <utility>

namespace sipher::detail {

/// Maximum nesting of arrays and objects, because reading and destroying values recurses.
inline constexpr std::size_t deepest_nesting = 256;

struct json_document {
    explicit json_document(boost::json::value initial) noexcept : value(std::move(initial)) {}

    boost::json::value value;
    /// Why the text is not JSON.
    boost::system::error_code failure;
    /// Values nested too deeply were replaced by null.
    bool shortened = false;
};

/// Accepts what `JSON.parse` accepts, and also a byte order mark and invalid UTF-8. Numbers with a fraction become the
/// nearest double.
[[nodiscard]] json_document read_json(std::string_view text, boost::json::storage_ptr storage = {});

} // namespace sipher::detail
