#include <sipher/open_enumeration.hpp>

#include "base/printable_text.hpp"

#include <algorithm>
#include <memory>
#include <ostream>

namespace sipher::detail {

namespace {

constexpr std::size_t longest_printed_name = 64;

const char* copy_of(std::string_view text)
{
    auto copy = std::make_unique_for_overwrite<char[]>(text.size());
    std::copy(text.begin(), text.end(), copy.get());
    return copy.release();
}

} // namespace

open_name::open_name(std::string_view other) : text_(copy_of(other)), size_(other.size()), owned_(true) {}

void open_name::copy_text(const open_name& other)
{
    text_ = copy_of(other.view());
    owned_ = true;
}

std::ostream& write_name(std::ostream& os, std::string_view name)
{
    return os << printable_text(name, longest_printed_name);
}

} // namespace sipher::detail
