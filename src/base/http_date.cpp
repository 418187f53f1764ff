#include "base/http_date.hpp"

#include <array>
#include <chrono>
#include <cstddef>

namespace sipher::detail {

namespace {

/// Reads a text from its start; a step that does not fit makes all later ones fail too.
class reader {
public:
    explicit reader(std::string_view text) : rest_(text) {}

    reader& literal(std::string_view expected)
    {
        if (good_ && rest_.substr(0, expected.size()) == expected) {
            rest_.remove_prefix(expected.size());
        } else {
            good_ = false;
        }
        return *this;
    }

    reader& number(std::size_t digits, int& out)
    {
        out = 0;
        for (std::size_t i = 0; good_ && i < digits; ++i) {
            if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
                good_ = false;
                break;
            }
            out = out * 10 + (rest_.front() - '0');
            rest_.remove_prefix(1);
        }
        return *this;
    }

    reader& month(unsigned& out)
    {
        static constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        for (unsigned i = 0; i < names.size(); ++i) {
            if (rest_.substr(0, 3) == names[i]) {
                out = i + 1;
                rest_.remove_prefix(3);
                return *this;
            }
        }
        good_ = false;
        return *this;
    }

    reader& skip_through(std::string_view delimiter)
    {
        const auto found = rest_.find(delimiter);
        if (found == std::string_view::npos) {
            good_ = false;
        } else {
            rest_.remove_prefix(found + delimiter.size());
        }
        return *this;
    }

    [[nodiscard]] bool starts_with(char c) const { return !rest_.empty() && rest_.front() == c; }
    [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }

private:
    std::string_view rest_;
    bool good_ = true;
};

struct civil_time {
    int year = 0;
    unsigned month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

void read_time(reader& text, civil_time& out)
{
    text.number(2, out.hour).literal(":").number(2, out.minute).literal(":").number(2, out.second);
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
bool read_fixdate(std::string_view value, civil_time& out)
{
    reader text{value};
    text.skip_through(", ").number(2, out.day).literal(" ").month(out.month).literal(" ").number(4, out.year);
    text.literal(" ");
    read_time(text, out);
    return text.literal(" GMT").at_end();
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
bool read_rfc850(std::string_view value, civil_time& out)
{
    reader text{value};
    text.skip_through(", ").number(2, out.day).literal("-").month(out.month).literal("-").number(2, out.year);
    text.literal(" ");
    read_time(text, out);
    out.year += out.year < 70 ? 2000 : 1900;
    return text.literal(" GMT").at_end();
}

/// `Sun Nov  6 08:49:37 1994`
bool read_asctime(std::string_view value, civil_time& out)
{
    reader text{value};
    text.skip_through(" ").month(out.month).literal(" ");
    if (text.starts_with(' ')) {
        text.literal(" ").number(1, out.day);
    } else {
        text.number(2, out.day);
    }
    text.literal(" ");
    read_time(text, out);
    return text.literal(" ").number(4, out.year).at_end();
}

std::optional<clock::wall_time> to_wall_time(const civil_time& t)
{
    const std::chrono::year_month_day date{std::chrono::year{t.year}, std::chrono::month{t.month},
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
    civil_time t;
    if (!read_fixdate(text, t) && !read_rfc850(text, t) && !read_asctime(text, t)) {
        return std::nullopt;
    }
    return to_wall_time(t);
}

std::optional<clock::wall_time> parse_utc_time(std::string_view text)
{
    civil_time t;
    int month = 0;
    reader rest{text};
    rest.number(4, t.year).literal("-").number(2, month).literal("-").number(2, t.day).literal("T");
    read_time(rest, t);
    if (rest.starts_with('.')) {
        int fraction = 0;
        rest.literal(".").number(3, fraction);
    }
    if (!rest.literal("Z").at_end()) {
        return std::nullopt;
    }
    t.month = static_cast<unsigned>(month);
    return to_wall_time(t);
}

} // namespace sipher::detail
