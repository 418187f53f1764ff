#include "http1/header_memo.hpp"

#include "base/field_text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace sipher::detail {

namespace {

constexpr std::string_view line_end = "\r\n";
constexpr std::string_view version = "HTTP/1.1 ";

/// Printable ASCII: other bytes in a header are rare enough to be left to the parser. (Branch-free, so that it can be
/// vectorized.)
bool is_clean(std::string_view text)
{
    unsigned char found = 0;
    for (const char each : text) {
        // DEL and above wrap around.
        found |= static_cast<unsigned char>(static_cast<signed char>(static_cast<unsigned char>(each) + 1) <= ' ');
    }
    return found == 0;
}

/// Bytes of the line at the beginning of `input`, including its end, if clean from `from` on; otherwise zero.
std::size_t clean_line(std::string_view input, std::size_t from)
{
    const std::size_t end = input.find('\r', from);
    if (end == std::string_view::npos || input.substr(end, line_end.size()) != line_end ||
        !is_clean(input.substr(from, end - from))) {
        return 0;
    }
    return end + line_end.size();
}

/// `HTTP/1.1 200 OK`, of a final response.
std::size_t read_status_line(std::string_view input, unsigned& status)
{
    constexpr std::size_t end = version.size() + 3;
    if (!input.starts_with(version) || input.size() <= end || input[end] != ' ') {
        return 0;
    }
    status = to_number<unsigned>(input.substr(version.size(), end - version.size())).value_or(0);
    return status >= 200 && status <= 599 ? clean_line(input, end) : 0;
}

std::optional<std::uint64_t> read_length(std::string_view value)
{
    return to_number<std::uint64_t>(trimmed(value));
}

/// Bytes of a line with the same name and another value; zero if it is a different field, or must not change.
std::size_t changed_size(std::string_view input, std::string_view name, bool is_framing)
{
    return is_framing || !input.starts_with(name) ? 0 : clean_line(input, name.size());
}

bool bears_on_framing(std::string_view name)
{
    constexpr std::array<std::string_view, 4> names{"Transfer-Encoding", "Connection", "Proxy-Connection", "Upgrade"};
    return std::ranges::any_of(names, [name](std::string_view each) { return same_name(name, each); });
}

} // namespace

std::size_t header_memo::read(std::string_view input, response_head& head, message_framing& framing) const
{
    std::size_t at = lines_.empty() ? 0 : read_status_line(input, head.status);
    if (at == 0) {
        return 0;
    }
    framing = framing_;
    std::string_view known = text_;
    for (const line& each : lines_) {
        const std::string_view rest = input.substr(at);
        const std::size_t size = rest.starts_with(known.substr(0, each.size))
                                     ? each.size
                                     : changed_size(rest, known.substr(0, each.name_size), each.is_framing);
        if (size == 0) {
            return 0;
        }
        if (each.which.is_read()) {
            const std::string_view value = rest.substr(each.name_size, size - each.name_size - line_end.size());
            read_field(head, each.which, trimmed(value));
            if (each.which.what == field_id::field::content_length) {
                framing.length = read_length(value);
                if (!framing.length) {
                    return 0;
                }
            }
        } else {
            ++head.field_count;
        }
        at += size;
        known.remove_prefix(each.size);
    }
    const bool is_whole = input.substr(at).starts_with(line_end);
    return is_whole ? at + line_end.size() : 0;
}

void header_memo::remember(std::string_view header, const message_framing& framing)
{
    constexpr std::size_t largest = 4096;
    lines_.clear();
    unsigned status = 0;
    const std::size_t first = header.size() <= largest ? read_status_line(header, status) : 0;
    if (first == 0) {
        return;
    }
    framing_ = framing;
    text_ = header.substr(first, header.size() - first - line_end.size());
    for (std::string_view rest = text_; !rest.empty(); rest.remove_prefix(lines_.back().size)) {
        if (!remember_line(rest)) {
            lines_.clear();
            return;
        }
    }
}

/// Remembers the line at the beginning of `text`. False: it cannot be compared, as with a folded value.
bool header_memo::remember_line(std::string_view text)
{
    const std::size_t colon = text.find(':');
    const std::size_t size = text.find(line_end) + line_end.size();
    if (colon >= size || text.front() == ' ' || text.front() == '\t') {
        return false;
    }
    const std::string_view name = text.substr(0, colon);
    const field_id which = identify_field(name);
    if (which.what == field_id::field::content_length) {
        const bool has_another = std::ranges::any_of(
            lines_, [](const line& each) { return each.which.what == field_id::field::content_length; });
        if (has_another || !read_length(text.substr(colon + 1, size - colon - 1 - line_end.size()))) {
            return false;
        }
    }
    lines_.push_back(
        {static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(colon + 1), which, bears_on_framing(name)});
    return true;
}

} // namespace sipher::detail
