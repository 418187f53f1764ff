// Operations in stackful coroutines.

// Asio would choose the older of Boost's two libraries for them, where it is there.
#define BOOST_ASIO_DISABLE_BOOST_COROUTINE

#include "support/client_fixture.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/spawn.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <optional>

namespace sipher::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class yield_context_test : public client_test {
protected:
    asio::any_io_executor executor() { return client().get_executor(); }
};

TEST_F(yield_context_test, an_operation_gives_its_value)
{
    std::optional<session> read;
    asio::spawn(
        context,
        [&](const asio::yield_context& yield) {
            const session made = async_call(executor(), client().create_session(near_and_shielded()), yield);
            read = async_call(executor(), client().get_session(made.id), yield);
            async_call(executor(), client().delete_session(made.id), yield);
        },
        asio::detached);
    settle();
    ASSERT_TRUE(read);
    EXPECT_EQ(read->defaults, near_and_shielded());
    EXPECT_TRUE(sandbox().sessions().empty());
}

TEST_F(yield_context_test, a_failure_is_thrown_or_a_code)
{
    const session_id nobodys{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
    error_code thrown;
    error_code code;
    error diagnostics;
    asio::spawn(
        context,
        [&](const asio::yield_context& yield) {
            try {
                async_call(executor(), client().get_session(nobodys), yield);
            } catch (const boost::system::system_error& failure) {
                thrown = failure.code();
            }
            async_call(executor(), client().get_session(nobodys), diagnostics, yield[code]);
        },
        asio::detached);
    settle();
    EXPECT_EQ(thrown, condition::not_found);
    EXPECT_EQ(code, condition::not_found);
    EXPECT_EQ(diagnostics.service_code(), "SESSION_NOT_FOUND");
}

} // namespace
} // namespace sipher::test
