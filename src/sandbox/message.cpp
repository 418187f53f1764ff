#include "sandbox/message.hpp"

#include <algorithm>

namespace sipher::testing::detail {

namespace {

char lower(char letter) noexcept
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_letter(char left, char right) noexcept
{
    return lower(left) == lower(right);
}

} // namespace

bool same_name(std::string_view left, std::string_view right) noexcept
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), same_letter);
}

const std::string* find_header(const header_list& headers, std::string_view name) noexcept
{
    for (const auto& [field, value] : headers) {
        if (same_name(field, name)) {
            return &value;
        }
    }
    return nullptr;
}

void set_header(header_list& headers, std::string_view name, std::string value)
{
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [name](const auto& field) { return same_name(field.first, name); });
    if (found == headers.end()) {
        headers.emplace_back(name, std::move(value));
    } else {
        found->second = std::move(value);
    }
}

bool asks_to_close(const header_list& headers) noexcept
{
    constexpr std::string_view close = "close";
    const std::string* const value = find_header(headers, "Connection");
    return value != nullptr &&
           std::search(value->begin(), value->end(), close.begin(), close.end(), same_letter) != value->end();
}

} // namespace sipher::testing::detail
