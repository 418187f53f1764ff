#include "sandbox/server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/ssl.h>

#include <array>
#include <exception>
#include <future>
#include <utility>

#include <fcntl.h>

namespace sipher::testing::detail {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

int select_http_1_1(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned int offered_size, void*)
{
    static constexpr std::array<unsigned char, 9> spoken{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* selected = nullptr;
    const int outcome =
        SSL_select_next_proto(&selected, chosen_size, spoken.data(), spoken.size(), offered, offered_size);
    *chosen = selected;
    return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/// TLS 1.2 and 1.3 with session tickets, and `http/1.1` only.
asio::ssl::context make_tls(const pem_pair& identity)
{
    asio::ssl::context result{asio::ssl::context::tls_server};
    SSL_CTX* const native = result.native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    constexpr std::array<unsigned char, 6> session_context{'s', 'i', 'p', 'h', 'e', 'r'};
    SSL_CTX_set_session_id_context(native, session_context.data(), session_context.size());
    SSL_CTX_set_alpn_select_cb(native, select_http_1_1, nullptr);
    result.use_certificate_chain(asio::buffer(identity.certificate));
    result.use_private_key(asio::buffer(identity.private_key), asio::ssl::context::pem);
    return result;
}

/// Also listens on ::1 at `port`, unless the machine has no IPv6 or denies it to this program.
/// @throws boost::system::system_error otherwise, such as if another program listens there, which clients would take
/// for this server
void listen_on_ipv6(std::vector<tcp::acceptor>& opened, asio::io_context& context, std::uint16_t port)
{
    try {
        opened.emplace_back(context, tcp::endpoint{asio::ip::address_v6::loopback(), port});
    } catch (const boost::system::system_error& problem) {
        namespace errc = boost::system::errc;
        const boost::system::error_code& code = problem.code();
        if (code != errc::address_family_not_supported && code != errc::address_not_available &&
            code != errc::permission_denied && code != errc::operation_not_permitted) {
            throw;
        }
    }
}

std::vector<tcp::acceptor> listen_on_loopback(asio::io_context& context, std::uint16_t port)
{
    std::vector<tcp::acceptor> opened;
    opened.emplace_back(context, tcp::endpoint{asio::ip::address_v4::loopback(), port});
    listen_on_ipv6(opened, context, opened.front().local_endpoint().port());
    return opened;
}

std::vector<tcp::acceptor> listen(asio::io_context& context, const sandbox_options& options)
{
    std::vector<tcp::acceptor> opened;
    if (options.address != "localhost") {
        opened.emplace_back(context, tcp::endpoint{asio::ip::make_address(options.address), options.port});
        return opened;
    }
    // A port free on one of the addresses need not be free on the other.
    int tries = options.port == 0 ? 20 : 1;
    while (true) {
        try {
            return listen_on_loopback(context, options.port);
        } catch (const boost::system::system_error& problem) {
            if (--tries == 0 || problem.code() != asio::error::address_in_use) {
                throw;
            }
        }
    }
}

} // namespace

server::server(const sandbox_options& options, const std::optional<pem_pair>& identity, shared_state& state,
               std::chrono::milliseconds request_time)
    : state_(state), options_(options), request_time_(request_time), acceptors_(listen(context_, options))
{
    if (identity) {
        tls_ = make_tls(*identity);
    }
    port_ = acceptors_.front().local_endpoint().port();
    for (tcp::acceptor& each : acceptors_) {
        // Programs started meanwhile would keep the port open.
        fcntl(each.native_handle(), F_SETFD, FD_CLOEXEC);
        asio::co_spawn(context_, accept(each), asio::detached);
    }
    thread_ = std::thread{[this] { context_.run(); }};
}

server::~server()
{
    context_.stop();
    thread_.join();
}

asio::awaitable<void> server::accept(tcp::acceptor& from)
{
    asio::steady_timer pause{context_};
    while (true) {
        error_code problem;
        tcp::socket socket = co_await from.async_accept(asio::redirect_error(asio::use_awaitable, problem));
        if (!problem) {
            start(std::move(socket));
            continue;
        }
        // Most likely the process is out of file descriptors; retrying at once would only waste CPU time.
        pause.expires_after(std::chrono::milliseconds{10});
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, problem));
    }
}

void server::start(tcp::socket socket)
{
    auto fresh =
        std::make_shared<connection>(std::move(socket), tls_ ? &*tls_ : nullptr, options_, request_time_, state_);
    connections_.insert(fresh);
    asio::co_spawn(context_, connection::run(fresh), [this, fresh](const std::exception_ptr&) {
        fresh->close();
        connections_.erase(fresh);
    });
}

void server::run_on_thread(const std::function<void()>& work)
{
    std::packaged_task<void()> task{work};
    std::future<void> done = task.get_future();
    asio::post(context_, std::move(task));
    done.get();
}

void server::close_connections(const std::function<void()>& meanwhile)
{
    run_on_thread([this, &meanwhile] {
        for (const auto& each : connections_) {
            each->close();
        }
        meanwhile();
    });
}

void server::close_idle_connections()
{
    run_on_thread([this] {
        for (const auto& each : connections_) {
            each->close_if_idle();
        }
    });
}

} // namespace sipher::testing::detail
