#include "sandbox/server_tls.hpp"

#include <boost/asio/buffer.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <array>

namespace sipher::testing::detail {

namespace asio = boost::asio;

namespace {

int select_http_1_1(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned int offered_size, void*)
{
    static constexpr std::array<unsigned char, 9> wanted{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    const unsigned char* const end = offered + offered_size;
    const unsigned char* const found = std::search(offered, end, wanted.begin(), wanted.end());
    if (found == end) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found + 1;
    *chosen_size = *found;
    return SSL_TLSEXT_ERR_OK;
}

} // namespace

asio::ssl::context make_server_tls(const pem_pair& identity)
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

} // namespace sipher::testing::detail
