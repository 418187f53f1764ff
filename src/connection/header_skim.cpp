#include "connection/header_skim.hpp"

#include "connection/field_syntax.hpp"
#include "values/field_text.hpp"

#include <algorithm>

namespace sipher::detail {

namespace {

constexpr std::string_view line_end = "\r\n";

std::size_t token_size(std::string_view text)
{
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_token_character) - text.begin());
}

/// Line ends are CR LF, and all other bytes are printable ASCII: what else may be in a header is rare enough to be left
/// to the parser. One pass over all of it, without a branch, so that many bytes are looked at together.
bool is_clean(std::string_view header)
{
    unsigned char found = 0;
    for (std::size_t at = 1; at < header.size(); ++at) {
        const auto byte = static_cast<unsigned char>(header[at]);
        const bool is_cr = byte == '\r';
        const bool is_lf = byte == '\n';
        const bool is_unprintable = static_cast<signed char>(byte + 1) <= ' '; // DEL and above wrap around
        const bool breaks_line = (header[at - 1] == '\r') != is_lf;
        found |= static_cast<unsigned char>((is_unprintable != (is_cr | is_lf)) | breaks_line);
    }
    return found == 0;
}

/// Content-Length, Transfer-Encoding, Connection, Proxy-Connection, Upgrade, and a few that look like them: one more
/// for the parser does no harm.
bool may_bear_on_framing(std::string_view name)
{
    constexpr char to_lower = 0x20;
    const char initial = static_cast<char>(name.front() | to_lower);
    switch (name.size()) {
    case 7: return initial == 'u';
    case 10:
    case 14: return initial == 'c';
    case 16: return initial == 'p';
    case 17: return initial == 't';
    default: return false;
    }
}

} // namespace

std::size_t skim_header(std::string_view input, response_head& head, std::string& kept)
{
    std::size_t line = input.find(line_end);
    if (line == std::string_view::npos) {
        return 0;
    }
    line += line_end.size();
    kept.assign(input.substr(0, line));
    for (;;) {
        const std::size_t end = input.find('\r', line);
        if (end == std::string_view::npos || input.substr(end, line_end.size()) != line_end) {
            return 0;
        }
        const std::size_t next = end + line_end.size();
        const std::string_view text = input.substr(line, end - line);
        if (text.empty()) {
            kept.append(line_end);
            return is_clean(input.substr(0, next)) ? next : 0;
        }
        const std::size_t colon = token_size(text);
        if (colon == 0 || colon == text.size() || text[colon] != ':') {
            return 0;
        }
        const std::string_view name = text.substr(0, colon);
        if (may_bear_on_framing(name)) {
            kept.append(input.substr(line, next - line));
        } else {
            read_field(head, name, trimmed(text.substr(colon + 1)));
        }
        line = next;
    }
}

} // namespace sipher::detail
