#include "errors/page_text.hpp"

#include "base/printable_text.hpp"

#include <sipher/error_code.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace sipher::detail {

namespace {

constexpr std::size_t longest_line = 120;

bool is_space(char letter) noexcept
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && is_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_space(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

std::string_view first_line(std::string_view text)
{
    text = trimmed(text);
    return text.substr(0, text.find_first_of("\r\n"));
}

/// Position of `tag` (lower case) in `text` with letters of any case.
std::size_t find_tag(std::string_view text, std::string_view tag)
{
    const auto same = [](char left, char right) {
        return std::tolower(static_cast<unsigned char>(left)) == static_cast<unsigned char>(right);
    };
    const auto found = std::search(text.begin(), text.end(), tag.begin(), tag.end(), same);
    return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

/// What stands outside of tags; each tag ends a line.
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
    constexpr std::string_view title = "<title>";
    const std::size_t at = find_tag(page, title);
    if (at != std::string_view::npos) {
        page.remove_prefix(at + title.size());
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
    const std::string_view text = trimmed(body);
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
