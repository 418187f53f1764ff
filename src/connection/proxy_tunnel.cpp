#include "connection/proxy_tunnel.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <openssl/crypto.h>

#include <array>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

bool must_wait(const error_code& failure)
{
    return failure == asio::error::would_block || failure == asio::error::try_again;
}

std::string connect_request(const proxy_route& proxy, const base_url& server)
{
    const bool is_ipv6 = server.host.find(':') != std::string::npos;
    const std::string where = (is_ipv6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
    std::string text = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
    if (!proxy.authorization.empty()) {
        text.append("Proxy-Authorization: ").append(proxy.authorization.reveal()).append("\r\n");
    }
    return text += "\r\n";
}

} // namespace

proxy_tunnel::proxy_tunnel(byte_stream& stream, const proxy_route& proxy, const base_url& server,
                           const limit_options& limits)
    : stream_(stream), proxy_name_(proxy.name), request_(connect_request(proxy, server)), parser_(limits)
{
    // Whatever a leave says of a body, there is none; and the words of a refusal are not needed.
    parser_.start(true, false);
}

proxy_tunnel::~proxy_tunnel()
{
    OPENSSL_cleanse(request_.data(), request_.size());
}

channel_result proxy_tunnel::advance()
{
    return written_ < request_.size() ? write_request() : read_answer();
}

channel_result proxy_tunnel::write_request()
{
    while (written_ < request_.size()) {
        const io_result result = stream_.write_some(request_.data() + written_, request_.size() - written_);
        written_ += result.bytes;
        if (must_wait(result.failure)) {
            return {0, need::writable, {}};
        }
        if (result.failure) {
            return fail(result.failure.message(), false);
        }
    }
    return read_answer();
}

channel_result proxy_tunnel::read_answer()
{
    std::array<char, 4096> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init): only what was read is used
    for (;;) {
        const io_result result = stream_.read_some(bytes.data(), bytes.size());
        if (must_wait(result.failure)) {
            return {0, need::readable, {}};
        }
        if (result.failure) {
            return fail("the connection ended: " + result.failure.message(), false);
        }
        const std::size_t taken = parser_.put({bytes.data(), result.bytes});
        if (!parser_.problem().empty()) {
            return fail(parser_.problem(), true);
        }
        if (parser_.is_complete()) {
            return judge(taken == result.bytes);
        }
    }
}

channel_result proxy_tunnel::judge(bool nothing_follows)
{
    const unsigned status = parser_.head().status;
    if (status < 200 || status >= 300) {
        return fail("it answered " + error_code{static_cast<int>(status), service_category()}.message(), status < 500);
    }
    if (!nothing_follows) {
        return fail("it sent something before anything was sent to the server", true);
    }
    return {};
}

channel_result proxy_tunnel::fail(std::string problem, bool permanent)
{
    problem_ = "the proxy " + proxy_name_ + " gave no way to the server: " + std::move(problem);
    permanent_ = permanent;
    return {0, need::nothing, errc::proxy_failed};
}

} // namespace sipher::detail
