#include "proxy/proxy_handshake.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>

namespace sipher::detail {

namespace {

using namespace std::string_view_literals;

constexpr char version = 5;
constexpr char no_authentication = 0;
constexpr char by_password = 2;
/// Version of the name and password negotiation.
constexpr char password_version = 1;

enum address_type : char { ipv4 = 1, domain_name = 3, ipv6 = 4 };

struct refusal {
    const char* message;
    bool permanent;
};
/// Indexed by the reply's code (RFC 1928, section 6).
constexpr std::array<refusal, 9> refusals{{{"", false},
                                           {"general failure", false},
                                           {"not allowed by its rules", true},
                                           {"network unreachable", false},
                                           {"host unreachable", false},
                                           {"connection refused", false},
                                           {"time to live expired", false},
                                           {"command not supported", true},
                                           {"address type not supported", true}}};

std::string encode_address(const std::string& host)
{
    boost::system::error_code not_an_address;
    const auto address = boost::asio::ip::make_address(host, not_an_address);
    if (not_an_address) {
        return std::string{domain_name, static_cast<char>(host.size())} + host;
    }
    const auto append = [](char type, const auto& bytes) {
        std::string text{type};
        std::ranges::transform(bytes, std::back_inserter(text), [](auto byte) { return static_cast<char>(byte); });
        return text;
    };
    return address.is_v4() ? append(ipv4, address.to_v4().to_bytes()) : append(ipv6, address.to_v6().to_bytes());
}

class socks5 final : public proxy_handshake {
public:
    socks5(const server_settings& settings, const std::string& host)
        : proxy_handshake(settings, host + ":" + std::to_string(settings.url.port)),
          username_(settings.proxy->username), password_(settings.proxy->password)
    {
        request_ = "\x05\x01\x00"sv;
        request_ += encode_address(host);
        request_ += static_cast<char>(settings.url.port >> 8);
        request_ += static_cast<char>(settings.url.port & 0xff);
        say(settings.proxy->has_credentials() ? "\x05\x02\x00\x02"sv : "\x05\x01\x00"sv);
    }

private:
    enum class step { method, authentication, reply };

    bool understand() override
    {
        if (step_ == step::method && input().size() >= 2) {
            choose_method(input()[0], input()[1]);
            input().erase(0, 2);
        }
        if (step_ == step::authentication && input().size() >= 2) {
            if (input()[1] != 0) {
                fail("it rejected the user name and password", true);
            }
            input().erase(0, 2);
            ask();
        }
        return step_ == step::reply && take_reply();
    }

    void choose_method(char spoken, char chosen)
    {
        if (spoken != version) {
            fail("its response is not SOCKS 5", true);
        }
        if (chosen == no_authentication) {
            ask();
        } else if (chosen == by_password && !username_.empty()) {
            say({&password_version, 1});
            for (const secret* const each : {&username_, &password_}) {
                const char size = static_cast<char>(each->reveal().size());
                say({&size, 1});
                say(each->reveal());
            }
            step_ = step::authentication;
        } else {
            fail(username_.empty() ? "it requires authentication (proxy.username and proxy.password)"
                                   : "it offers no supported authentication method",
                 true);
        }
    }

    void ask()
    {
        say(request_);
        step_ = step::reply;
    }

    bool take_reply()
    {
        if (input().size() >= 2) {
            judge(input()[0], static_cast<unsigned char>(input()[1]));
        }
        // Version, code, a zero, and the proxy's local address and port.
        constexpr std::size_t begin = 4;
        if (input().size() <= begin || input().size() < begin + address_size() + 2) {
            return false;
        }
        input().erase(0, begin + address_size() + 2);
        return true;
    }

    void judge(char spoken, unsigned char code) const
    {
        if (spoken != version) {
            fail("its response is not SOCKS 5", true);
        }
        if (code >= refusals.size()) {
            fail("it replied with code " + std::to_string(code), false);
        }
        if (code != 0) {
            fail(refusals.at(code).message, refusals.at(code).permanent);
        }
    }

    [[nodiscard]] std::size_t address_size()
    {
        switch (input()[3]) {
        case ipv4: return 4;
        case ipv6: return 16;
        case domain_name: return 1 + static_cast<unsigned char>(input()[4]);
        default: fail("its response is not SOCKS 5", true);
        }
    }

    const secret username_;
    const secret password_;
    std::string request_;
    step step_ = step::method;
};

} // namespace

std::unique_ptr<proxy_handshake> make_socks5(const server_settings& settings, const std::string& host)
{
    return std::make_unique<socks5>(settings, host);
}

} // namespace sipher::detail
