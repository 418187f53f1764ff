#include "connection/header_skim.hpp"

#include "values/field_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sipher::detail {

namespace {

constexpr std::string_view line_end = "\r\n";

/// RFC 9110, 5.6.2: what a field's name is made of.
constexpr std::array<bool, 256> token_characters = [] {
    std::array<bool, 256> is_token{};
    for (const char each : std::string_view{"!#$%&'*+-.^_`|~0123456789"
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
        is_token[static_cast<unsigned char>(each)] = true;
    }
    return is_token;
}();

std::size_t token_size(std::string_view text)
{
    const auto* const end = std::find_if_not(
        text.begin(), text.end(), [](char each) { return token_characters[static_cast<unsigned char>(each)]; });
    return static_cast<std::size_t>(end - text.begin());
}

/// Without a branch for each character, so that many are looked at together.
bool has_control_character(std::string_view text)
{
    unsigned found = 0;
    for (const char each : text) {
        const auto byte = static_cast<unsigned char>(each);
        found |= static_cast<unsigned>(byte < 0x20) & static_cast<unsigned>(byte != '\t');
        found |= static_cast<unsigned>(byte == 0x7F);
    }
    return found != 0;
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

skimmed_header skim_header(std::string_view input, response_head& head, std::string& kept)
{
    skimmed_header result;
    std::size_t line = input.find(line_end);
    if (line == std::string_view::npos) {
        return {};
    }
    line += line_end.size();
    kept.assign(input.substr(0, line));
    for (;;) {
        const std::size_t end = input.find('\r', line);
        if (end == std::string_view::npos || input.substr(end, line_end.size()) != line_end) {
            return {};
        }
        const std::size_t next = end + line_end.size();
        const std::string_view text = input.substr(line, end - line);
        if (text.empty()) {
            kept.append(line_end);
            result.size = next;
            return result;
        }
        const std::size_t colon = token_size(text);
        const std::string_view value = text.substr(std::min(colon + 1, text.size()));
        if (colon == 0 || colon == text.size() || text[colon] != ':' || has_control_character(value)) {
            return {};
        }
        const std::string_view name = text.substr(0, colon);
        if (may_bear_on_framing(name)) {
            kept.append(input.substr(line, next - line));
        } else {
            read_field(head, name, trimmed(value));
            ++result.fields_taken;
        }
        line = next;
    }
}

} // namespace sipher::detail
