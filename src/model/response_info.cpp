#include <sipher/response_info.hpp>

#include <algorithm>

namespace sipher {

namespace {

constexpr char lower(char letter) noexcept
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same_name(std::string_view left, std::string_view right) noexcept
{
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

} // namespace

std::string_view response_info::header(std::string_view name) const noexcept
{
    for (const auto& [field, value] : headers) {
        if (same_name(field, name)) {
            return value;
        }
    }
    return {};
}

} // namespace sipher
