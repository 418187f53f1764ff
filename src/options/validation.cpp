#include "options/validation.hpp"

#include "base/field_syntax.hpp"
#include "base/field_text.hpp"
#include "base/printable_text.hpp"
#include "model/defaults_list.hpp"

#include <sipher/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_request_id = 128;
constexpr std::size_t longest_printed_name = 64;
constexpr std::chrono::milliseconds longest_duration = 24h * 365;

constexpr bool is_visible(char letter) noexcept
{
    return letter > ' ' && letter <= '~';
}

constexpr bool is_hexadecimal(char letter) noexcept
{
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') || (letter >= 'A' && letter <= 'F');
}

struct own_field {
    std::string_view name;
    std::string_view advice;
};

constexpr std::string_view connection_advice = "is managed by the client's connections";
constexpr std::string_view key_advice = "is set by the client; use client_options::api_key and scheme";

/// Fields that the client writes itself, or that would contradict its framing, routing or decoding of messages.
constexpr std::array<own_field, 18> own_fields{{
    {"Accept-Encoding", "is not supported: responses are not decompressed"},
    {"Authorization", key_advice},
    {"Connection", connection_advice},
    {"Content-Length", connection_advice},
    {"Content-Type", "is set by the client: bodies are application/json"},
    {"Expect", connection_advice},
    {"Host", "is made from client_options::base_url"},
    {"Keep-Alive", connection_advice},
    {"Proxy-Authorization", connection_advice},
    {"Proxy-Connection", connection_advice},
    {"TE", connection_advice},
    {"Trailer", connection_advice},
    {"Transfer-Encoding", connection_advice},
    {"Upgrade", connection_advice},
    {"User-Agent", "is set by the client; use client_options::user_agent"},
    {"X-API-Key", key_advice},
    {"X-Request-ID", "is set by the client; use call_options::request_id"},
    {"X-Session-Id", "is set by the client; use call_options::session"},
}};

} // namespace

void throw_invalid(std::string_view field, std::string_view rule)
{
    std::string message{field};
    message.append(": ").append(rule);
    throw error{errc::invalid_request, std::move(message)};
}

bool is_printable(std::string_view text) noexcept
{
    return std::ranges::all_of(text, [](char letter) { return letter >= ' ' && letter <= '~'; });
}

void validate_time_to_live(std::chrono::seconds value)
{
    require(value == 0s || (value >= 60s && value <= 86'400s), "time_to_live",
            "must be from 60 to 86400 seconds, or zero to leave it to the service");
}

void validate_defaults(const session_defaults& defaults)
{
    for_each_default(
        [](auto, const auto& value) {
            if constexpr (requires { value->name(); }) {
                require(!value || !value->name().empty(), "defaults", "must not contain an empty name (moved from?)");
            }
        },
        defaults);
    if (!defaults.default_viewing_key) {
        return;
    }
    const std::string_view key = defaults.default_viewing_key->reveal();
    require(key.size() >= 3 && key.starts_with("0x") && std::ranges::all_of(key.substr(2), is_hexadecimal),
            "defaults.default_viewing_key", "must be `0x` and at least one hexadecimal digit");
}

void validate_header(std::string_view name, std::string_view value, std::string_view field)
{
    const std::string where = std::string{field} + "[" + printable_text(name, longest_printed_name) + "]";
    require(!name.empty() && std::ranges::all_of(name, is_token_character), where,
            "the name must be an HTTP token: letters, digits and !#$%&'*+-.^_`|~");
    const auto own = std::ranges::find_if(own_fields, [name](const own_field& it) { return same_name(it.name, name); });
    if (own != own_fields.end()) {
        throw_invalid(where, own->advice);
    }
    require(std::ranges::none_of(value, is_control_character), where,
            "the value must not contain CR, LF, NUL or other control characters");
}

void validate_target(std::string_view target)
{
    const auto allowed = [](char letter) { return is_visible(letter) && letter != '#' && letter != '\\'; };
    require(target.starts_with('/') && !target.starts_with("//"), "target", "must begin with one `/`");
    require(std::ranges::all_of(target, allowed), "target",
            "must be a percent-encoded path and query: visible ASCII without `#` and `\\`");
}

void validate_request_id(std::string_view id)
{
    require(id.size() <= longest_request_id && std::ranges::all_of(id, is_visible), "request_id",
            "must be at most 128 characters of visible ASCII without spaces");
}

void validate_api_key(const secret& key, std::string_view field)
{
    require(std::ranges::all_of(key.reveal(), is_visible), field, "must be visible ASCII without spaces and line ends");
}

void validate_duration(std::chrono::milliseconds value, std::string_view field)
{
    require(value >= 0ms, field, "must not be negative");
    require(value <= longest_duration, field, "must be at most 365 days");
}

void validate_call_options(const call_options& options)
{
    validate_duration(options.total_timeout.value_or(0ms), "total_timeout");
    validate_duration(options.queue_timeout.value_or(0ms), "queue_timeout");
    validate_duration(options.attempt_timeout.value_or(0ms), "attempt_timeout");
    if (options.retry) {
        validate_retry(*options.retry, "retry");
    }
    for (const auto& [name, value] : options.headers) {
        validate_header(name, value, "headers");
    }
    validate_request_id(options.request_id);
    if (options.session) {
        require(options.session->id() != session_id{}, "session", "must not be empty");
        if (options.session->pinned()) {
            validate_defaults(*options.session->pinned());
        }
    }
}

void validate_retry(const retry_options& options, std::string_view field)
{
    const std::string prefix = std::string{field} + ".";
    if (options.max_attempts == 0) {
        throw_invalid(prefix + "max_attempts", "must be at least 1");
    }
    validate_duration(options.base_delay, prefix + "base_delay");
    validate_duration(options.throttled_base_delay, prefix + "throttled_base_delay");
    validate_duration(options.max_delay, prefix + "max_delay");
    if (options.base_delay > options.max_delay) {
        throw_invalid(prefix + "base_delay", "must be at most " + prefix + "max_delay");
    }
}

} // namespace sipher::detail
