#include "sandbox/server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

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

} // namespace

server::server(const sandbox_options& options, const std::optional<pem_pair>& identity, shared_state& state,
               std::chrono::milliseconds request_time)
    : state_(state), options_(options), request_time_(request_time),
      acceptor_(context_, tcp::endpoint{asio::ip::make_address(options.address), options.port})
{
    if (identity) {
        tls_ = make_tls(*identity);
    }
    port_ = acceptor_.local_endpoint().port();
    // Programs that are started meanwhile would keep the port.
    fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
}

server::~server()
{
    context_.stop();
    thread_.join();
}

asio::awaitable<void> server::accept()
{
    asio::steady_timer pause{context_};
    while (true) {
        error_code problem;
        tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, problem));
        if (!problem) {
            start(std::move(socket));
            continue;
        }
        // Most likely the process has no more file descriptors; asking again at once would only burn the processor.
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
