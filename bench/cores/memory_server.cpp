#include "memory_server.hpp"

#include "client/client_handle.hpp"
#include "net/network_connector.hpp"
#include "peers/wire.hpp"
#include "pool/pool.hpp"
#include "sandbox/certificates.hpp"

#include <sipher/client.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <array>
#include <string_view>
#include <utility>

namespace bench {

namespace {

namespace asio = boost::asio;
namespace detail = sipher::detail;
using boost::system::error_code;

std::string response()
{
    const std::string body = std::string{R"({"success":true,"data":{"sessionId":")"} + wire::session_id +
                             R"(","defaults":{"chain":"near","privacyLevel":"shielded","rpcProvider":"helius"},)" +
                             R"("createdAt":1795459632897,"expiresAt":4951133232897,"lastAccessedAt":1795459632898}})";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n\r\n" + body;
}

/// The client's end of a connection, with the server behind it.
class memory_stream final : public detail::byte_stream {
public:
    memory_stream(SSL_CTX* context, asio::any_io_executor executor)
        : executor_(std::move(executor)), ssl_(SSL_new(context)), arrived_(BIO_new(BIO_s_mem())),
          sent_(BIO_new(BIO_s_mem()))
    {
        SSL_set_bio(ssl_.get(), arrived_, sent_);
        SSL_set_accept_state(ssl_.get());
    }

    detail::io_result read_some(void* to, std::size_t size) override
    {
        std::size_t bytes = 0;
        if (BIO_read_ex(sent_, to, size, &bytes) != 1) {
            return {0, asio::error::would_block};
        }
        return {bytes, {}};
    }

    [[nodiscard]] bool has_input() override { return BIO_ctrl_pending(sent_) != 0; }

    detail::io_result write_some(const void* from, std::size_t size) override
    {
        std::size_t bytes = 0;
        BIO_write_ex(arrived_, from, size, &bytes);
        serve();
        tell_reader();
        return {bytes, {}};
    }

    void wait_readable(std::shared_ptr<detail::readiness_listener> listener) override
    {
        reader_ = std::move(listener);
        tell_reader();
    }

    void wait_writable(std::shared_ptr<detail::readiness_listener> listener) override
    {
        asio::post(executor_, [listener = std::move(listener)] { listener->on_writable({}); });
    }

    void close(bool) noexcept override
    {
        if (reader_) {
            asio::post(executor_,
                       [listener = std::move(reader_)] { listener->on_readable(asio::error::operation_aborted); });
        }
    }

private:
    struct free_ssl {
        void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    };

    void serve()
    {
        static const std::string same = response();
        constexpr std::string_view end = "\r\n\r\n";
        std::array<char, 4096> bytes{};
        for (std::size_t size = 0; SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &size) == 1;) {
            // A request of the bench is one record, and has no body.
            if (std::string_view{bytes.data(), size}.ends_with(end)) {
                SSL_write_ex(ssl_.get(), same.data(), same.size(), &size);
            }
        }
    }

    void tell_reader()
    {
        if (reader_ && BIO_ctrl_pending(sent_) != 0) {
            asio::post(executor_, [listener = std::move(reader_)] { listener->on_readable({}); });
        }
    }

    const asio::any_io_executor executor_;
    const std::unique_ptr<SSL, free_ssl> ssl_;
    BIO* const arrived_;
    BIO* const sent_;
    std::shared_ptr<detail::readiness_listener> reader_;
};

class memory_dialer final : public detail::dialer {
public:
    memory_dialer(SSL_CTX* context, asio::any_io_executor executor) : context_(context), executor_(std::move(executor))
    {
    }

    std::shared_ptr<void> dial(const asio::ip::tcp::endpoint&, const asio::any_io_executor& strand,
                               handler done) override
    {
        auto wanted = std::make_shared<handler>(std::move(done));
        asio::post(strand, [context = context_, executor = executor_, still = std::weak_ptr{wanted}] {
            if (const auto found = still.lock()) {
                (*found)({}, std::make_unique<memory_stream>(context, executor));
            }
        });
        return wanted;
    }

private:
    SSL_CTX* const context_;
    const asio::any_io_executor executor_;
};

} // namespace

struct memory_server::tls {
    asio::ssl::context context{asio::ssl::context::tls_server};
};

memory_server::memory_server() : tls_(std::make_unique<tls>())
{
    const auto authority = sipher::testing::detail::make_authority();
    const auto own = sipher::testing::detail::issue(authority, {});
    authority_ = authority.certificate;
    tls_->context.use_certificate(asio::buffer(own.certificate), asio::ssl::context::pem);
    tls_->context.use_private_key(asio::buffer(own.private_key), asio::ssl::context::pem);
}

memory_server::~memory_server() = default;

std::unique_ptr<detail::dialer> memory_server::make_dialer(asio::any_io_executor executor) const
{
    return std::make_unique<memory_dialer>(tls_->context.native_handle(), std::move(executor));
}

sipher::client make_client(const asio::any_io_executor& executor, const memory_server& server, std::size_t connections)
{
    sipher::client_options options;
    options.base_url = "https://localhost";
    options.api_key = sipher::secret{wire::api_key};
    options.user_agent = wire::user_agent;
    options.tls.ca_pem = server.certificate();
    options.pool.max_connections = connections;
    options.pool.max_waiting = connections;
    sipher::client client{executor, std::move(options)};
    detail::client_state& state = *detail::handle_of(client)->state();
    const auto settings = detail::make_server_settings(state, executor);
    settings->sockets = server.make_dialer(executor);
    state.pool = std::make_shared<detail::pool>(executor, state.options.pool, detail::make_network_connector(settings),
                                                state.timers, state.random, nullptr);
    return client;
}

} // namespace bench
