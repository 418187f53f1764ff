#include <sipher/response_info.hpp>

#include "base/field_text.hpp"

namespace sipher {

std::string_view response_info::header(std::string_view name) const noexcept
{
    for (const auto& [field, value] : headers) {
        if (detail::same_name(field, name)) {
            return value;
        }
    }
    return {};
}

} // namespace sipher
