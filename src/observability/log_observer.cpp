#include <sipher/observability/log_observer.hpp>

#include "observability/number_text.hpp"

#include <sipher/error.hpp>

#include <algorithm>
#include <concepts>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <utility>

namespace sipher {

namespace {

std::string quoted(std::string_view text)
{
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    std::string result{'"'};
    for (const char letter : text) {
        const auto value = static_cast<unsigned char>(letter);
        if (value < 0x20 || value == 0x7F) {
            result.append("\\x").append({hexadecimal[value / 16], hexadecimal[value % 16]});
            continue;
        }
        if (letter == '"' || letter == '\\') {
            result.push_back('\\');
        }
        result.push_back(letter);
    }
    result.push_back('"');
    return result;
}

/// Builds one line.
class log_line {
public:
    log_line(log_level level, std::string_view event) { add("level", to_string(level)).add("event", event); }

    log_line& add(std::string_view key, std::string_view value)
    {
        const bool bare = std::ranges::all_of(value, [](char letter) {
            return letter > ' ' && letter <= '~' && letter != '"' && letter != '=' && letter != '\\';
        });
        text_.append(text_.empty() ? "" : " ").append(key).push_back('=');
        text_.append(bare ? std::string{value} : quoted(value));
        return *this;
    }
    log_line& add(std::string_view key, const char* value) { return add(key, std::string_view{value}); }
    log_line& add(std::string_view key, std::unsigned_integral auto value) { return add(key, std::to_string(value)); }
    log_line& add(std::string_view key, bool value) { return add(key, value ? "true" : "false"); }
    log_line& add(std::string_view key, std::chrono::nanoseconds value)
    {
        return add(key, detail::seconds_text(value));
    }

    log_line& add_if_any(std::string_view key, std::string_view value)
    {
        return value.empty() ? *this : add(key, value);
    }

    std::string end() &&
    {
        text_.push_back('\n');
        return std::move(text_);
    }

private:
    std::string text_;
};

} // namespace

const char* to_string(log_level value) noexcept
{
    switch (value) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    }
    return "";
}

std::ostream& operator<<(std::ostream& os, log_level value)
{
    return os << to_string(value);
}

log_observer::log_observer(std::ostream& out, log_level lowest) : out_{out}, lowest_{lowest} {}
log_observer::~log_observer() = default;

std::shared_ptr<log_observer> log_observer::from_environment()
{
    const char* const value = std::getenv("SIPHER_LOG"); // NOLINT(concurrency-mt-unsafe): nothing here changes it
    const std::string_view name = value != nullptr ? value : "";
    if (name.empty() || name == "off") {
        return nullptr;
    }
    for (const log_level level : {log_level::debug, log_level::info, log_level::warning}) {
        if (name == to_string(level)) {
            return std::make_shared<log_observer>(std::cerr, level);
        }
    }
    throw error{errc::invalid_request, "SIPHER_LOG must be debug, info, warning or off"};
}

void log_observer::write(const std::string& line)
{
    const std::lock_guard lock{mutex_};
    out_.write(line.data(), static_cast<std::streamsize>(line.size()));
}

void log_observer::on_connect(const connect_event& event)
{
    const log_level level = event.code ? log_level::warning : log_level::debug;
    if (level < lowest_) {
        return;
    }
    log_line line{level, "connect"};
    line.add("host", event.host).add_if_any("address", event.address).add_if_any("proxy", event.proxy);
    line.add_if_any("tls", event.tls_version).add("resumed", event.resumed).add("duration", event.duration);
    write(std::move(line.add_if_any("error", event.message)).end());
}

void log_observer::on_close(const close_event& event)
{
    if (log_level::debug < lowest_) {
        return;
    }
    log_line line{log_level::debug, "close"};
    line.add("address", event.address).add("reason", to_string(event.reason)).add("age", event.age);
    write(std::move(line.add("requests", event.requests)).end());
}

void log_observer::on_attempt(const attempt_event& event)
{
    const attempt& made = *event.attempt;
    const log_level level = made.code ? log_level::warning : log_level::info;
    if (level < lowest_) {
        return;
    }
    log_line line{level, "attempt"};
    line.add("operation", event.operation).add("number", event.number);
    line.add("verb", event.verb).add("target", event.target).add_if_any("address", made.address);
    if (made.status != 0) {
        line.add("status", made.status);
    }
    line.add_if_any("request_id", made.request_id).add("duration", made.duration);
    if (made.code) {
        line.add("phase", to_string(made.reached)).add("outcome", to_string(made.outcome));
        line.add("error", made.code.message());
    }
    write(std::move(line).end());
}

void log_observer::on_retry(const retry_event& event)
{
    if (log_level::info < lowest_) {
        return;
    }
    log_line line{log_level::info, "retry"};
    line.add("operation", event.operation).add("number", event.number).add("delay", event.delay);
    write(std::move(line.add("error", event.code.message())).end());
}

void log_observer::on_rate_limit(const rate_limit_event& event)
{
    const log_level level = event.refused ? log_level::warning : log_level::info;
    if (level < lowest_) {
        return;
    }
    log_line line{level, "rate_limit"};
    line.add("refused", event.refused).add("closed_for", event.closed_for);
    if (event.state.limit) {
        line.add("limit", *event.state.limit);
    }
    write(std::move(line).end());
}

void log_observer::on_quota(const quota_event& event)
{
    log_line line{log_level::warning, "quota"};
    line.add("category", event.category).add("threshold", event.threshold);
    line.add("used", event.used).add("quota", event.quota).add("renewed_in", event.renewed_in);
    write(std::move(line).end());
}

} // namespace sipher
