#include "errors/page_text.hpp"

#include "base/field_text.hpp"
#include "base/printable_text.hpp"

#include <sipher/error_code.hpp>

#include <boost/algorithm/string/find.hpp>

#include <algorithm>
#include <cstddef>
#include <locale>

namespace sipher::detail {

namespace {

constexpr std::size_t longest_line = 120;

constexpr std::string_view spaces = " \t\n\v\f\r";

std::string_view first_line(std::string_view text)
{
    text = trimmed(text, spaces);
    return text.substr(0, text.find_first_of("\r\n"));
}

/// The text outside tags; each tag ends a line.
std::string without_tags(std::string_view page)
{
    std::string text;
    bool inside = false;
    for (const char letter : page) {
        if (letter == '<' || letter == '>') {
            inside = letter == '<';
            text += '\n';
        } else if (!inside) {
            text += letter;
        }
    }
    return text;
}

/// A gateway's page says what happened in its title, or else in its first words.
std::string page_text(std::string_view page)
{
    if (const auto title = boost::algorithm::ifind_first(page, "<title>", std::locale::classic())) {
        page = page.substr(static_cast<std::size_t>(title.end() - page.begin()));
        page = page.substr(0, page.find('<'));
    }
    return printable_text(first_line(without_tags(page)), longest_line);
}

} // namespace

std::string status_phrase(unsigned status)
{
    return boost::system::error_code{static_cast<int>(status), service_category()}.message();
}

std::string describe_page(unsigned status, std::string_view body)
{
    const std::string_view text = trimmed(body, spaces);
    std::string line = text.starts_with('<') ? page_text(text) : printable_text(first_line(text), longest_line);
    const std::string phrase = status_phrase(status);
    if (text.empty()) {
        return phrase + " without a body";
    }
    if (line.starts_with(std::to_string(status) + " ")) {
        return line;
    }
    return line.empty() ? phrase : phrase + ": " + line;
}

} // namespace sipher::detail
