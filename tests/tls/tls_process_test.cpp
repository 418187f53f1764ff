#include "support/tls_fixture.hpp"

#include <sipher/error_code.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace sipher::test {
namespace {

/// What the library leaves behind in the process that it is a part of, and in those that come of it.
class tls_process : public tls_test {
protected:
    tls_process()
    {
        served.response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        served.close_after_response = false;
        ERR_clear_error();
    }
};

std::set<int> descriptors()
{
    std::set<int> all;
    for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        all.insert(std::stoi(each.path().filename()));
    }
    // That of the listing itself is closed by now.
    std::erase_if(all, [](int each) { return ::fcntl(each, F_GETFD) < 0; });
    return all;
}

/// Whether it is the server's end of a connection, which is not the library's.
bool is_local_port(int descriptor, std::uint16_t port)
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    return ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
           ntohs(address.sin_port) == port;
}

TEST_F(tls_process, no_descriptor_is_inherited_by_programs_that_are_started)
{
    server = std::make_unique<tls_server>(served);
    options.base_url = "https://localhost:" + std::to_string(server->port());
    const std::set<int> before = descriptors();
    expect_success();
    int connections = 0;
    for (const int each : descriptors()) {
        if (!before.contains(each) && !is_local_port(each, server->port())) {
            EXPECT_NE(::fcntl(each, F_GETFD) & FD_CLOEXEC, 0) << each;
            ++connections;
        }
    }
    EXPECT_GE(connections, 1);
}

TEST_F(tls_process, a_fork_that_lets_go_of_the_client_does_not_end_its_connections)
{
    expect_success();
    const ::pid_t child = ::fork();
    if (child == 0) {
        client.reset();
        ::_exit(0);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    expect_success();
    EXPECT_EQ(server->account().connections, 1U);
    EXPECT_EQ(server->account().proper_ends, 0U);
    client.reset();
    run_until(context, [&] { return server->account().proper_ends == 1; });
}

TEST_F(tls_process, a_fork_that_ends_a_call_does_not_end_its_connection)
{
    std::atomic<bool> asked = false;
    std::promise<void> response;
    served.before_response = [&, waits = response.get_future().share()](SSL*) {
        asked = true;
        waits.wait();
    };
    open();
    std::optional<std::exception_ptr> ended;
    boost::asio::co_spawn(context, client->request(verb::get, "/anything"),
                          [&](std::exception_ptr thrown, const boost::json::value&) { ended = thrown; });
    run_until(context, [&] { return asked.load(); });
    const ::pid_t child = ::fork();
    if (child == 0) {
        client.reset();
        ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    response.set_value();
    run_until(context, [&] { return ended.has_value(); });
    EXPECT_FALSE(*ended);
}

class error_queue : public tls_process, public ::testing::WithParamInterface<bool> {
protected:
    /// What the user's own calls have left in the queue of this thread, if anything, is all that is there.
    void expect_untouched()
    {
        if (GetParam()) {
            const char* text = nullptr;
            int flags = 0;
            const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &text, &flags);
            EXPECT_EQ(ERR_GET_LIB(code), ERR_LIB_USER);
            EXPECT_EQ(ERR_GET_REASON(code), 42);
            EXPECT_STREQ(text, "the user's");
        }
        EXPECT_EQ(ERR_get_error(), 0U);
    }

    static void leave_something()
    {
        if (GetParam()) {
            ERR_raise_data(ERR_LIB_USER, 42, "the user's");
        }
    }
};

INSTANTIATE_TEST_SUITE_P(used, error_queue, ::testing::Bool());

TEST_P(error_queue, is_as_it_was_after_a_success)
{
    open();
    leave_something();
    expect_success();
    expect_success();
    client.reset();
    expect_untouched();
}

TEST_P(error_queue, is_as_it_was_after_a_failed_handshake)
{
    options.tls.ca_pem = testing::detail::make_authority("somebody").certificate;
    open();
    leave_something();
    EXPECT_EQ(failure_of()->code(), errc::tls_verify_failed);
    client.reset();
    expect_untouched();
}

TEST_P(error_queue, is_as_it_was_after_an_alert)
{
    served.configure = [](SSL_CTX* native) { SSL_CTX_set_max_proto_version(native, TLS1_1_VERSION); };
    open();
    leave_something();
    EXPECT_EQ(failure_of()->code(), errc::tls_verify_failed);
    expect_untouched();
}

TEST_P(error_queue, is_as_it_was_after_options_that_cannot_be_used)
{
    options.tls.ca_pem = "nothing";
    leave_something();
    EXPECT_THROW(sipher::client(context, options), error);
    expect_untouched();
}

struct alert_case {
    int alert;
    bool may_pass;
};

class handshake_alert : public tls_process, public ::testing::WithParamInterface<alert_case> {};

TEST_P(handshake_alert, decides_whether_another_try_may_help)
{
    static int alert;
    alert = GetParam().alert;
    served.configure = [](SSL_CTX* native) {
        SSL_CTX_set_client_hello_cb(
            native,
            [](SSL*, int* received, void*) {
                *received = alert;
                return SSL_CLIENT_HELLO_ERROR;
            },
            nullptr);
    };
    options.retry.max_attempts = 1;
    const auto failure = failure_of();
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), GetParam().may_pass ? errc::tls_handshake_failed : errc::tls_verify_failed)
        << failure->what();
}

INSTANTIATE_TEST_SUITE_P(
    table, handshake_alert,
    ::testing::Values(alert_case{SSL_AD_INTERNAL_ERROR, true}, alert_case{SSL_AD_USER_CANCELLED, true},
                      alert_case{SSL_AD_BAD_RECORD_MAC, true}, alert_case{SSL_AD_HANDSHAKE_FAILURE, false},
                      alert_case{SSL_AD_PROTOCOL_VERSION, false}, alert_case{SSL_AD_UNRECOGNIZED_NAME, false},
                      alert_case{SSL_AD_ACCESS_DENIED, false}));

class authorities : public tls_process {
protected:
    /// The message of the refusal of such authorities, given as a text and as a file.
    std::string refusal_of(const std::string& pem)
    {
        const temporary_file file{pem};
        std::string messages;
        for (const bool as_file : {false, true}) {
            options.tls.ca_pem = as_file ? "" : pem;
            options.tls.ca_file = as_file ? file.path() : "";
            try {
                const sipher::client made{context, options};
            } catch (const error& failure) {
                messages += std::string{failure.message()} + "\n";
            }
        }
        return messages;
    }
};

TEST_F(authorities, with_a_block_that_is_broken_are_refused_by_the_options_name)
{
    const std::string good = authority.certificate;
    const auto without = [&good](const std::string& part) {
        std::string text = good;
        return text.erase(text.find(part), part.size());
    };
    std::string garbage = good;
    garbage.replace(garbage.size() / 2, 8, "????????");
    std::string other_bytes = good;
    other_bytes.replace(40, 4, "AAAA");
    for (const std::string& bad :
         {without("-----END CERTIFICATE-----"), without("-----BEGIN CERTIFICATE-----"), without("-----END"),
          good.substr(0, good.size() / 2), without("-----BEGIN "), garbage, other_bytes,
          std::string{"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"}}) {
        for (const std::string& bundle : {bad, good + bad, bad + good, good + bad + good}) {
            const std::string messages = refusal_of(bundle);
            EXPECT_NE(messages.find("tls.ca_pem: cannot read certificates: "), std::string::npos) << messages << bundle;
            EXPECT_NE(messages.find("tls.ca_file: cannot read certificates from "), std::string::npos)
                << messages << bundle;
        }
    }
    EXPECT_NE(refusal_of("").find("tls.ca_file: cannot read certificates from "), std::string::npos);
    EXPECT_NE(refusal_of("words").find("tls.ca_pem: "), std::string::npos);
}

TEST_F(authorities, with_comments_and_other_ends_of_lines_are_accepted)
{
    const std::string good = authority.certificate;
    std::string with_returns;
    for (const char each : good) {
        with_returns += each == '\n' ? "\r\n" : std::string(1, each);
    }
    EXPECT_EQ(refusal_of("# An authority of the END times\n" + good + "\n\nAnother:\n" + good + "the end"), "");
    EXPECT_EQ(refusal_of(with_returns), "");
}

} // namespace
} // namespace sipher::test
