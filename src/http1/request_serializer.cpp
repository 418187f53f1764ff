#include "http1/request_serializer.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sipher::detail {

namespace {

/// Appends to a message whose final size is known approximately.
class message_writer {
public:
    message_writer(wiped_buffer& out, std::size_t size) : out_(out), size_(size) {}

    message_writer& operator<<(std::string_view text)
    {
        out_.append(text, size_);
        return *this;
    }
    message_writer& operator<<(const session_id& id)
    {
        const auto text = id.to_chars();
        return *this << std::string_view{text.data(), text.size()};
    }
    message_writer& operator<<(std::size_t number)
    {
        std::array<char, 20> digits; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return *this << std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())};
    }

private:
    wiped_buffer& out_;
    const std::uint64_t size_;
};

/// Size of the message, rounded up.
std::size_t size_of(const request_view& request)
{
    // Upper bound for methods, names, ids and line ends.
    constexpr std::size_t everything_else = 400;
    return request.path_prefix.size() + request.target.size() + request.fields.size() + request.request_id.size() +
           request.body.size() + everything_else;
}

/// RFC 9110, 8.6: a method that defines a meaning for a body sends Content-Length even without one.
bool announces_length(const request_view& request)
{
    return !request.body.empty() || request.method == verb::post || request.method == verb::put ||
           request.method == verb::patch;
}

} // namespace

void serialize(const request_view& request, wiped_buffer& out)
{
    out.clear();
    message_writer message{out, size_of(request)};
    message << to_string(request.method) << " " << request.path_prefix << request.target;
    if (request.subject != nullptr) {
        message << "/" << *request.subject;
    }
    message << " HTTP/1.1\r\n" << request.fields << "X-Request-ID: " << request.request_id << "\r\n";
    if (request.session != nullptr) {
        message << "X-Session-Id: " << *request.session << "\r\n";
    }
    if (!request.body.empty()) {
        message << "Content-Type: application/json\r\n";
    }
    if (announces_length(request)) {
        message << "Content-Length: " << request.body.size() << "\r\n";
    }
    message << "\r\n" << request.body;
}

} // namespace sipher::detail
