#include "base/http_date.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace sipher::detail {

namespace {

struct civil_time {
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

/// The number of `Jan` to `Dec`; 0 if it is none of them.
int month_named(std::string_view name)
{
    constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto* const found = std::ranges::find(names, name);
    return found == names.end() ? 0 : static_cast<int>(found - names.begin()) + 1;
}

/// Reads one letter of a text according to its layout: `y`, `m`, `d`, `h`, `n` and `s` stand for a digit of the year,
/// month, day, hour, minute and second, `_` for one of the day or a space, `f` for any, and all else for itself.
bool read_letter(char layout, char letter, civil_time& out)
{
    const auto take_digit = [letter](int& number) {
        number = number * 10 + (letter - '0');
        return letter >= '0' && letter <= '9';
    };
    int ignored = 0;
    switch (layout) {
    case 'y': return take_digit(out.year);
    case 'm': return take_digit(out.month);
    case '_': return letter == ' ' || take_digit(out.day);
    case 'd': return take_digit(out.day);
    case 'h': return take_digit(out.hour);
    case 'n': return take_digit(out.minute);
    case 's': return take_digit(out.second);
    case 'f': return take_digit(ignored);
    default: return letter == layout;
    }
}

/// @param layout Besides those letters, `bbb` stands for the name of a month.
std::optional<civil_time> read_time(std::string_view text, std::string_view layout)
{
    civil_time time;
    if (text.size() != layout.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (layout[i] == 'b') {
            time.month = month_named(text.substr(i, 3));
            i += 2;
        } else if (!read_letter(layout[i], text[i], time)) {
            return std::nullopt;
        }
    }
    return time;
}

std::optional<clock::wall_time> to_wall_time(const civil_time& t)
{
    const std::chrono::year_month_day date{std::chrono::year{t.year},
                                           std::chrono::month{static_cast<unsigned>(t.month)},
                                           std::chrono::day{static_cast<unsigned>(t.day)}};
    if (!date.ok() || t.hour > 23 || t.minute > 59 || t.second > 60) {
        return std::nullopt;
    }
    return std::chrono::sys_days{date} + std::chrono::hours{t.hour} + std::chrono::minutes{t.minute} +
           std::chrono::seconds{t.second};
}

} // namespace

std::optional<clock::wall_time> parse_http_date(std::string_view text)
{
    // The name of the day is ignored.
    const std::string_view after_name = text.substr(std::min(text.find(", "), text.size()));
    if (const auto fixdate = read_time(after_name, ", dd bbb yyyy hh:nn:ss GMT")) {
        return to_wall_time(*fixdate);
    }
    if (auto rfc850 = read_time(after_name, ", dd-bbb-yy hh:nn:ss GMT")) {
        rfc850->year += rfc850->year < 70 ? 2000 : 1900;
        return to_wall_time(*rfc850);
    }
    const auto asctime = read_time(text.substr(std::min(text.find(' '), text.size())), " bbb _d hh:nn:ss yyyy");
    return asctime ? to_wall_time(*asctime) : std::nullopt;
}

std::optional<clock::wall_time> parse_utc_time(std::string_view text)
{
    const std::string_view layout =
        text.find('.') == std::string_view::npos ? "yyyy-mm-ddThh:nn:ssZ" : "yyyy-mm-ddThh:nn:ss.fffZ";
    const auto time = read_time(text, layout);
    return time ? to_wall_time(*time) : std::nullopt;
}

} // namespace sipher::detail
