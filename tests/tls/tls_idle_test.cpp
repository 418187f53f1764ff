#include "tls/tls_connection_fixture.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sipher::test {
namespace {

class tls_idle : public tls_connection_test {};

// OpenSSL 3.2 and newer overwrite a buffer that they have given back already.
TEST_F(tls_idle, buffers_are_given_back_again_and_again)
{
    for (const auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        SSL_CTX_set_max_proto_version(server_context.native_handle(), version);
        connect();
        run();
        for (int i = 0; i < 3; ++i) {
            // Tickets have come with the handshake, and were read while the connection was idle.
            connection->release_idle_buffers();
            connection->release_idle_buffers();
            begin();
            static_cast<void>(server->take(peer->received()));
            peer->send(server->encrypt("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
            run();
            EXPECT_TRUE(completed);
            EXPECT_FALSE(connection->result().report->code);
            connection->release_idle_buffers();
        }
        EXPECT_TRUE(connection->is_open());
    }
}

} // namespace
} // namespace sipher::test
