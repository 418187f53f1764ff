#include <sipher/sipher.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// A server that accepts and says nothing, and a client with an execution context of its own.
class context_end : public ::testing::Test {
protected:
    void open(const std::string& scheme)
    {
        client_options options;
        options.base_url = scheme + "://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
        client.emplace(of_client->get_executor(), std::move(options));
    }

    void start_call()
    {
        auto on_end = [this](const std::exception_ptr& thrown, const session&) {
            ++completions;
            try {
                std::rethrow_exception(thrown);
            } catch (const error& ended_with) {
                failure = ended_with.code();
            }
        };
        asio::co_spawn(of_caller, client->create_session({}), asio::bind_cancellation_slot(cancel.slot(), on_end));
        std::optional<tcp::socket> arrived;
        acceptor.async_accept(
            [&arrived](boost::system::error_code, tcp::socket accepted) { arrived.emplace(std::move(accepted)); });
        const auto until = std::chrono::steady_clock::now() + 30s;
        while (!arrived && std::chrono::steady_clock::now() < until) {
            poll();
        }
        ASSERT_TRUE(arrived);
        peer.emplace(std::move(*arrived));
        poll();
    }

    void poll()
    {
        for (asio::io_context* each : {&of_caller, of_client.get(), &of_server}) {
            if (each != nullptr) {
                each->restart();
                each->poll();
            }
        }
    }

    asio::io_context of_server;
    tcp::acceptor acceptor{of_server, {asio::ip::address_v4::loopback(), 0}};
    std::optional<tcp::socket> peer;
    asio::io_context of_caller;
    std::unique_ptr<asio::io_context> of_client = std::make_unique<asio::io_context>();
    std::optional<sipher::client> client;
    asio::cancellation_signal cancel;
    int completions = 0;
    boost::system::error_code failure;
};

TEST_F(context_end, after_the_client_while_a_call_elsewhere_waits_for_a_connection_in_the_making)
{
    open("https");
    start_call();
    EXPECT_EQ(client->stats().dialing, 1U);
    client.reset();
    of_client.reset();
    poll();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(failure, errc::client_closed);
}

TEST_F(context_end, before_the_client_while_a_call_elsewhere_waits_for_a_connection_in_the_making)
{
    open("https");
    start_call();
    of_client.reset();
    poll();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(failure, errc::client_closed);
}

TEST_F(context_end, before_the_client_while_or_before_a_scope_is_opened_elsewhere)
{
    open("http");
    std::optional<error> ended;
    const auto open_scope = [&] {
        asio::co_spawn(of_caller, session_scope::open(*client, {}),
                       [&ended](const std::exception_ptr& thrown, const session_scope&) {
                           try {
                               std::rethrow_exception(thrown);
                           } catch (const error& ended_with) {
                               ended = ended_with;
                           }
                       });
        poll();
    };
    open_scope();
    of_client.reset();
    poll();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->outcome(), outcome::unknown);
    ended.reset();
    open_scope();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->outcome(), outcome::not_sent);
    EXPECT_EQ(ended->code(), errc::client_closed);
    EXPECT_EQ(ended->ended_because(), end_reason::client_closed);
    EXPECT_EQ(ended->message().find("no session is left behind"), std::string::npos) << ended->message();
}

TEST_F(context_end, a_shutdown_without_end_waits_for_the_last_call)
{
    open("http");
    start_call();
    int ended = 0;
    asio::co_spawn(*of_client, client->shutdown(std::chrono::milliseconds::max()),
                   [&ended](const std::exception_ptr& thrown, const shutdown_report&) { ended += thrown ? 100 : 1; });
    poll();
    poll();
    EXPECT_EQ(ended, 0);
    EXPECT_EQ(completions, 0);
    cancel.emit(asio::cancellation_type::terminal);
    poll();
    poll();
    EXPECT_EQ(completions, 1);
    EXPECT_EQ(ended, 1);
}

} // namespace
} // namespace sipher::test
