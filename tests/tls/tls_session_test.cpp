#include "support/revocation_list.hpp"
#include "support/tls_fixture.hpp"

#include <sipher/error_code.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

/// What a server of each version does with sessions.
class tls_session : public tls_test, public ::testing::WithParamInterface<int> {
protected:
    tls_session()
    {
        configure([](SSL_CTX*) {});
    }

    void configure(const std::function<void(SSL_CTX*)>& more)
    {
        served.configure = [more, version = GetParam()](SSL_CTX* native) {
            SSL_CTX_set_min_proto_version(native, version);
            SSL_CTX_set_max_proto_version(native, version);
            more(native);
        };
    }

    /// As a process does that ends after its first connection.
    secret save_tickets()
    {
        options.tls.tickets = std::make_shared<tls_ticket_store>();
        make_connections(1);
        secret saved = options.tls.tickets->save();
        client.reset();
        return saved;
    }

    void make_connections(int count)
    {
        for (int i = 0; i < count; ++i) {
            expect_success();
        }
    }
};

INSTANTIATE_TEST_SUITE_P(versions, tls_session, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& each) {
                             return std::string{each.param == TLS1_2_VERSION ? "tls_1_2" : "tls_1_3"};
                         });

TEST_P(tls_session, every_connection_but_the_first_resumes_and_no_ticket_is_shown_twice)
{
    make_connections(100);
    const tls_server::seen seen = server->account();
    EXPECT_EQ(seen.connections, 100U);
    EXPECT_EQ(seen.resumed, 99U);
    EXPECT_EQ(client->stats().resumed, 99U);
    if (GetParam() == TLS1_3_VERSION) {
        EXPECT_EQ(seen.repeated_tickets, 0U);
    }
}

TEST_P(tls_session, after_a_bare_end_it_can_be_resumed_as_well)
{
    served.bare_fin = true;
    make_connections(3);
    EXPECT_EQ(server->account().resumed, 2U);
}

TEST_P(tls_session, a_server_without_tickets_is_accepted)
{
    configure([](SSL_CTX* native) {
        SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(native, 0);
        SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    });
    make_connections(3);
    EXPECT_EQ(server->account().resumed, 0U);
}

TEST_P(tls_session, a_server_that_changed_its_keys_gets_a_full_handshake)
{
    make_connections(2);
    const std::uint16_t port = server->port();
    // Another context at the same address: what it gave out before means nothing to it.
    server.reset();
    served.port = port;
    server = std::make_unique<tls_server>(served);
    make_connections(2);
    EXPECT_EQ(server->account().connections, 2U);
    EXPECT_EQ(server->account().resumed, 1U);
}

TEST_P(tls_session, connections_made_at_the_same_time_share_no_ticket)
{
    served.close_after_response = false;
    served.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    expect_success();
    bool done = false;
    const auto warm = [](sipher::client warmed) -> boost::asio::awaitable<void> { co_await warmed.prewarm(4); };
    boost::asio::co_spawn(context, warm(*client), [&](const std::exception_ptr&) { done = true; });
    run_until(context, [&] { return done; });
    EXPECT_EQ(client->stats().idle, 4U);
    if (GetParam() == TLS1_3_VERSION) {
        // Two tickets came with the first connection.
        EXPECT_EQ(client->stats().resumed, 2U);
        EXPECT_EQ(server->account().repeated_tickets, 0U);
    }
}

TEST_P(tls_session, none_is_offered_once_its_certificate_has_expired)
{
    make_connections(2);
    EXPECT_EQ(client->stats().resumed, 1U);
    clock->advance_wall(std::chrono::days{3651});
    make_connections(1);
    EXPECT_EQ(client->stats().resumed, 1U);
}

TEST_P(tls_session, none_is_offered_after_a_day)
{
    make_connections(1);
    clock->advance_wall(24h + 1s);
    make_connections(1);
    EXPECT_EQ(client->stats().resumed, 0U);
}

TEST_P(tls_session, none_is_offered_where_revocation_is_checked)
{
    const temporary_file list{make_revocation_list(authority, {})};
    options.tls.crl_file = list.path();
    make_connections(3);
    EXPECT_EQ(server->account().resumed, 0U) << "a resumed handshake does not look at lists";
}

TEST_P(tls_session, a_store_is_shared_by_clients)
{
    options.tls.tickets = std::make_shared<tls_ticket_store>();
    make_connections(1);
    client.reset();
    make_connections(1);
    EXPECT_EQ(client->stats().resumed, 1U);
    EXPECT_EQ(server->account().resumed, 1U);
}

TEST_P(tls_session, the_next_process_resumes_with_what_was_saved)
{
    const secret saved = save_tickets();
    options.tls.tickets = std::make_shared<tls_ticket_store>(saved);
    make_connections(2);
    EXPECT_EQ(server->account().resumed, 2U);
}

TEST_P(tls_session, a_client_that_trusts_other_authorities_is_not_offered_what_was_saved)
{
    const secret saved = save_tickets();
    options.tls.tickets = std::make_shared<tls_ticket_store>(saved);
    options.tls.ca_pem += testing::detail::make_authority().certificate;
    make_connections(1);
    EXPECT_EQ(server->account().resumed, 0U);
}

TEST_P(tls_session, a_certificate_is_verified_anew_after_a_day_of_resumed_connections)
{
    make_connections(1);
    for (int hours = 0; hours < 26; ++hours) {
        clock->advance_wall(1h);
        make_connections(1);
    }
    // With TLS 1.3 each resumed connection has a new ticket, valid for two hours: the first handshake is a full one,
    // and the one a day later. With TLS 1.2 the first ticket is used until it expires.
    EXPECT_EQ(server->account().connections, 27U);
    EXPECT_EQ(server->account().resumed, GetParam() == TLS1_3_VERSION ? 25U : 13U);
}

TEST_P(tls_session, a_client_with_other_pins_neither_uses_nor_drops_the_tickets_of_another)
{
    const secret saved = save_tickets();
    options.tls.tickets = std::make_shared<tls_ticket_store>(saved);
    options.tls.pinned_public_keys = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    EXPECT_EQ(failure_of()->code(), errc::tls_verify_failed);
    client.reset();
    options.tls.pinned_public_keys.clear();
    make_connections(1);
    EXPECT_EQ(server->account().resumed, 1U);
}

TEST_P(tls_session, a_client_with_another_system_folder_of_authorities_has_tickets_of_its_own)
{
    options.tls.ca_pem.clear();
    options.tls.tickets = std::make_shared<tls_ticket_store>();
    const temporary_file bundle{authority.certificate};
    ::setenv("SSL_CERT_FILE", bundle.path().c_str(), 1);
    make_connections(1);
    client.reset();
    ::setenv("SSL_CERT_DIR", "/tmp", 1);
    make_connections(1);
    ::unsetenv("SSL_CERT_DIR");
    ::unsetenv("SSL_CERT_FILE");
    EXPECT_EQ(server->account().resumed, 0U);
}

TEST_P(tls_session, a_client_that_checks_revocation_takes_none_from_the_store)
{
    const temporary_file list{make_revocation_list(authority, {})};
    const secret saved = save_tickets();
    options.tls.tickets = std::make_shared<tls_ticket_store>(saved);
    options.tls.crl_file = list.path();
    make_connections(1);
    EXPECT_EQ(server->account().resumed, 0U);
}

TEST_P(tls_session, tickets_saved_more_than_a_day_ago_are_not_offered)
{
    const secret saved = save_tickets();
    options.tls.tickets = std::make_shared<tls_ticket_store>(saved);
    clock->advance_wall(24h + 1s);
    make_connections(1);
    EXPECT_EQ(server->account().resumed, 0U);
}

TEST(tls_ticket_store, is_empty_or_has_the_saved_tickets)
{
    EXPECT_TRUE(tls_ticket_store{}.save().empty());
    EXPECT_TRUE(tls_ticket_store{secret{}}.save().empty());
    for (const char* const wrong :
         {"x", "-----BEGIN SSL SESSION PARAMETERS-----\nMAA=\n",
          "-----BEGIN SSL SESSION PARAMETERS-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
          "AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nMAA=\n-----END SSL SESSION PARAMETERS-----\n",
          "-----BEGIN SSL SESSION PARAMETERS-----\nMAA=\n-----END SSL SESSION PARAMETERS-----\n"}) {
        try {
            const tls_ticket_store store{secret{wrong}};
            ADD_FAILURE() << wrong;
        } catch (const error& problem) {
            EXPECT_EQ(problem.code(), errc::invalid_request);
            EXPECT_STREQ(problem.what(), "invalid request: saved: is not what tls_ticket_store::save returned");
        }
    }
}

TEST_P(tls_session, none_of_an_unpinned_key_is_offered)
{
    options.tls.pinned_public_keys = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(failure_of()->code(), errc::tls_verify_failed);
    }
    client.reset();
    EXPECT_EQ(server->account().resumed, 0U);
    EXPECT_EQ(server->account().application_bytes, 0U);
}

TEST_F(tls_test, a_ticket_that_comes_after_the_response_is_kept)
{
    served.configure = [](SSL_CTX* native) { SSL_CTX_set_num_tickets(native, 0); };
    served.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    served.close_after_response = false;
    served.after_response = [](SSL* ssl) {
        SSL_new_session_ticket(ssl);
        SSL_do_handshake(ssl);
    };
    expect_success();
    EXPECT_EQ(client->stats().idle, 1U);
    expect_success();
    EXPECT_EQ(server->account().connections, 1U) << "a ticket is no reason to close";
    clock->advance(10s);
    expect_success();
    EXPECT_EQ(server->account().connections, 2U);
    EXPECT_EQ(server->account().resumed, 1U);
}

TEST_F(tls_test, keys_may_change_while_the_connection_is_idle)
{
    served.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    served.close_after_response = false;
    served.after_response = [](SSL* ssl) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(ssl);
    };
    for (int i = 0; i < 10; ++i) {
        expect_success();
    }
    EXPECT_EQ(server->account().connections, 1U);
}

TEST_F(tls_test, an_unsolicited_response_is_never_used)
{
    served.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    served.close_after_response = false;
    served.after_response = [](SSL* ssl) {
        const std::string poison = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n\"poison\"";
        SSL_write(ssl, poison.data(), static_cast<int>(poison.size()));
    };
    expect_success();
    run_until(context, [&] { return client->stats().open == 0; });
    expect_success();
    EXPECT_EQ(server->account().connections, 2U);
}

TEST_F(tls_test, a_client_certificate_that_is_demanded_and_given)
{
    spec presented;
    presented.extended_key_usage = "clientAuth";
    const auto mine = issue(authority, presented);
    const temporary_file certificate{mine.certificate};
    const temporary_file key{mine.private_key};
    options.tls.certificate_file = certificate.path();
    options.tls.private_key_file = key.path();
    served.demand_certificate_of = authority.certificate;
    expect_success();
}

TEST_F(tls_test, a_private_key_with_a_passphrase)
{
    spec presented;
    presented.extended_key_usage = "clientAuth";
    const auto mine = issue(authority, presented);
    const temporary_file certificate{mine.certificate};
    const temporary_file key{encrypted(mine.private_key, "open sesame")};
    options.tls.certificate_file = certificate.path();
    options.tls.private_key_file = key.path();
    options.tls.private_key_passphrase = "open sesame";
    served.demand_certificate_of = authority.certificate;
    expect_success();

    for (const char* const wrong : {"", "open barley"}) {
        options.tls.private_key_passphrase = wrong;
        try {
            const sipher::client refused{context, options};
            ADD_FAILURE() << "accepted";
        } catch (const error& failure) {
            EXPECT_TRUE(std::string{failure.message()}.starts_with("tls.private_key_file: cannot read"))
                << failure.message();
            EXPECT_EQ(std::string{failure.message()}.find("barley"), std::string::npos);
        }
    }
}

TEST_F(tls_test, a_client_certificate_that_is_demanded_late_was_not_applied_even_if_the_request_was_written)
{
    options.retry.max_attempts = 1;
    served.demand_certificate_of = authority.certificate;
    const auto failure = failure_of(verb::post);
    ASSERT_TRUE(failure);
    // In TLS 1.3 the handshake is over for the client before the server has looked at its certificate.
    const bool written = failure->attempts().at(0).bytes_written != 0;
    EXPECT_EQ(failure->outcome(), written ? outcome::not_applied : outcome::not_sent) << failure->what();
    EXPECT_EQ(failure->code(), errc::tls_verify_failed);
    EXPECT_NE(failure->message().find("certificate required"), std::string::npos) << failure->what();
    EXPECT_NE(failure->message().find("tls.certificate_file"), std::string::npos) << failure->what();
    EXPECT_EQ(server->account().requests, 0U);
}

TEST_F(tls_test, a_client_certificate_that_is_demanded_and_missing_is_named)
{
    options.retry.max_attempts = 1;
    served.demand_certificate_of = authority.certificate;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        served.configure = [version](SSL_CTX* native) { SSL_CTX_set_max_proto_version(native, version); };
        const auto failure = failure_of(verb::post);
        ASSERT_TRUE(failure);
        EXPECT_EQ(failure->code(), errc::tls_verify_failed) << failure->what();
        EXPECT_NE(std::string{failure->what()}.find("it requires a client certificate (tls.certificate_file)"),
                  std::string::npos)
            << failure->what();
        EXPECT_EQ(server->account().requests, 0U);
        client.reset();
        server.reset();
    }
}

TEST_F(tls_test, an_idle_connection_is_closed_with_close_notify_without_waiting_for_the_peers)
{
    served.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    served.close_after_response = false;
    expect_success();
    client.reset();
    run_until(context, [&] { return server->account().proper_ends == 1; });
}

/// No descriptor can be had as long as it lives.
class no_descriptors {
public:
    no_descriptors()
    {
        EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &usual_), 0);
        const rlimit few{64, usual_.rlim_max};
        EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
        for (int file = ::dup(0); file >= 0; file = ::dup(0)) {
            taken_.push_back(file);
        }
    }
    ~no_descriptors()
    {
        for (const int each : taken_) {
            ::close(each);
        }
        ::setrlimit(RLIMIT_NOFILE, &usual_);
    }
    no_descriptors(const no_descriptors&) = delete;
    no_descriptors& operator=(const no_descriptors&) = delete;

private:
    rlimit usual_{};
    std::vector<int> taken_;
};

TEST_F(tls_test, without_descriptors_a_connection_fails_at_once)
{
#if defined(__SANITIZE_ADDRESS__)
    GTEST_SKIP() << "the sanitizer of undefined behaviour looks at memory through a pipe, which needs descriptors";
#endif
    open();
    options.base_url = "https://127.0.0.1:1";
    options.retry.max_attempts = 1;
    client = std::make_unique<sipher::client>(context, options);
    const no_descriptors left;
    const auto failure = failure_of();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::connect_failed) << failure->what();
    EXPECT_NE(std::string{failure->what()}.find("Too many open files"), std::string::npos) << failure->what();
}

TEST_F(tls_test, a_peer_that_does_not_speak_tls_is_named_as_such)
{
    testing::sandbox_options plain;
    plain.tls = false;
    const testing::sandbox elsewhere{plain};
    open();
    client.reset();
    options.base_url = "https://localhost:" + std::to_string(elsewhere.port());
    const auto failure = failure_of();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::tls_verify_failed);
    EXPECT_NE(std::string{failure->what()}.find("not TLS"), std::string::npos) << failure->what();
}

} // namespace
} // namespace sipher::test
