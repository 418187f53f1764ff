#include "proxy/proxy_handshake.hpp"

#include "net/connector.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/error.hpp>

#include <array>

namespace sipher::detail {

namespace asio = boost::asio;

proxy_handshake::proxy_handshake(const server_settings& settings, const std::string& target)
    : refused_("the proxy " + settings.proxy->name + " refused to connect to " + target)
{
}

io_interest proxy_handshake::advance(byte_stream& stream)
{
    std::array<char, 512> bytes; // NOLINT(cppcoreguidelines-pro-type-member-init): only what was read is used
    for (bool is_open = false; !is_open;) {
        const bool writes = sent_ < output_.size();
        const io_result moved = writes ? stream.write_some(output_.view().data() + sent_, output_.size() - sent_)
                                       : stream.read_some(bytes.data(), bytes.size());
        if (moved.failure == asio::error::would_block || moved.failure == asio::error::try_again) {
            return writes ? io_interest::writable : io_interest::readable;
        }
        if (moved.failure) {
            fail("the connection ended: " + moved.failure.message(), false);
        }
        if (writes) {
            sent_ += moved.bytes;
        } else {
            input_.append(bytes.data(), moved.bytes);
            is_open = understand();
        }
    }
    if (sent_ < output_.size()) {
        fail("it responded before it was asked", true);
    }
    if (!input_.empty()) {
        fail("it sent something before anything was sent to the server", true);
    }
    return io_interest::nothing;
}

void proxy_handshake::fail(const std::string& message, bool permanent) const
{
    throw connect_failure{errc::proxy_failed, refused_ + ": " + message, permanent};
}

std::unique_ptr<proxy_handshake> make_proxy_handshake(const server_settings& settings, const std::string& host)
{
    const proxy_kind kind = settings.proxy->kind;
    const bool speaks_http = kind == proxy_kind::http || kind == proxy_kind::https;
    return speaks_http ? make_http_connect(settings, host) : make_socks5(settings, host);
}

} // namespace sipher::detail
