// Structured fields of HTTP (RFC 9651): lists and dictionaries of items with parameters.
#pragma once

#include "base/structured_item.hpp"

#include <string_view>

namespace sipher::detail {

/// Visits each member of a field, followed by the member's parameters. Members of inner lists are not visited.
class structured_field_visitor {
public:
    structured_field_visitor() = default;
    structured_field_visitor(const structured_field_visitor&) = default;
    structured_field_visitor& operator=(const structured_field_visitor&) = default;

    /// `key` is empty for a member of a list.
    virtual void on_member(std::string_view key, const structured_item& value) = 0;
    virtual void on_parameter(std::string_view key, const structured_item& value) = 0;

protected:
    ~structured_field_visitor() = default;
};

/// False: the text breaks the grammar, and everything visited must be ignored, as the whole field is (4.2).
[[nodiscard]] bool parse_structured_list(std::string_view text, structured_field_visitor& visitor);
[[nodiscard]] bool parse_structured_dictionary(std::string_view text, structured_field_visitor& visitor);

} // namespace sipher::detail
