#include "model/precise_double.hpp"

#include <charconv>
#include <locale>
#include <sstream>
#include <system_error>

namespace sipher::detail {

std::optional<double> precise_double(const std::string& text)
{
    double value = 0;
#if defined(__cpp_lib_to_chars)
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool complete = failure == std::errc{} && end == text.data() + text.size();
#else
    // libc++ reads no floating-point numbers with `from_chars`, and `strtod` depends on the locale.
    std::istringstream in{text};
    in.imbue(std::locale::classic());
    in >> value;
    const bool complete = !in.fail() && in.peek() == std::istringstream::traits_type::eof();
#endif
    return complete ? std::optional{value} : std::nullopt;
}

} // namespace sipher::detail
