#include "proxy/proxy_handshake.hpp"

#include "base/wipe.hpp"

#include <sipher/error_code.hpp>

#include <openssl/evp.h>

#include <charconv>
#include <optional>

namespace sipher::detail {

namespace {

/// The status of `HTTP/1.1 200 Connection established`.
std::optional<unsigned> read_status(std::string_view line)
{
    constexpr std::string_view begin = "HTTP/1.";
    constexpr std::size_t at = std::string_view{"HTTP/1.1 "}.size();
    unsigned status = 0;
    if (!line.starts_with(begin) || line.size() < at + 3 || line[at - 1] != ' ' ||
        std::from_chars(line.data() + at, line.data() + at + 3, status).ptr != line.data() + at + 3 || status < 100 ||
        (line.size() > at + 3 && line[at + 3] != ' ')) {
        return std::nullopt;
    }
    return status;
}

class http_connect final : public proxy_handshake {
public:
    http_connect(const server_settings& settings, const std::string& where)
        : proxy_handshake(settings, where), most_(settings.limits.header_size)
    {
        say("CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\nUser-Agent: " + settings.user_agent + "\r\n");
        if (settings.proxy->has_credentials()) {
            say_credentials(*settings.proxy);
        }
        say("\r\n");
    }

private:
    void say_credentials(const proxy_route& proxy)
    {
        const std::string_view user = proxy.username.reveal();
        const std::string_view password = proxy.password.reveal();
        std::string plain;
        plain.reserve(user.size() + 1 + password.size());
        plain.append(user).append(":").append(password);
        std::string encoded((plain.size() + 2) / 3 * 4, '\0');
        // It appends a NUL, for which every string has room.
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
        say("Proxy-Authorization: Basic ");
        say(encoded);
        say("\r\n");
        wipe(plain);
        wipe(encoded);
    }

    /// Only the status of the response matters: whatever its fields say, a success has no body, and the text of a
    /// refusal is not needed.
    bool understand() override
    {
        bool is_open = false;
        for (std::size_t end = input().find('\n'); !is_open && end != std::string::npos; end = input().find('\n')) {
            const bool has_return = end > 0 && input()[end - 1] == '\r';
            is_open = take_line(std::string_view{input()}.substr(0, end - (has_return ? 1 : 0)));
            taken_ += end + 1;
            input().erase(0, end + 1);
        }
        if (!is_open && taken_ + input().size() > most_) {
            fail("its response's header is longer than limits.header_size", true);
        }
        return is_open;
    }

    bool take_line(std::string_view line)
    {
        if (status_ == 0) {
            const auto status = read_status(line);
            if (!status) {
                fail("its response is not an HTTP/1.1 response", true);
            }
            status_ = *status;
            return false;
        }
        if (!line.empty()) {
            return false;
        }
        if (status_ < 200 && status_ != 101) {
            status_ = 0;
            return false;
        }
        if (status_ < 200 || status_ >= 300) {
            const bool transient = status_ >= 500 || status_ == 408 || status_ == 421 || status_ == 429;
            const boost::system::error_code code{static_cast<int>(status_), service_category()};
            fail("it responded with " + code.message(), !transient);
        }
        return true;
    }

    const std::size_t most_;
    std::size_t taken_ = 0;
    /// Status of the response being read; 0 before its first line.
    unsigned status_ = 0;
};

} // namespace

std::unique_ptr<proxy_handshake> make_http_connect(const server_settings& settings, const std::string& host)
{
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return std::make_unique<http_connect>(settings, (is_ipv6 ? "[" + host + "]" : host) + ":" +
                                                        std::to_string(settings.url.port));
}

} // namespace sipher::detail
