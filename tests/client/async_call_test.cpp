// Operations under other completion tokens than those of coroutines.
#include "support/client_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <tuple>

namespace sipher::test {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

class async_call_test : public client_test {
protected:
    asio::any_io_executor executor() { return client().get_executor(); }

    const session_id nobodys{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
};

asio::awaitable<void> succeed()
{
    co_return;
}

template <class Thrown>
asio::awaitable<int> fail(Thrown what)
{
    throw Thrown{what};
    co_return 0;
}

TEST_F(async_call_test, a_callback_gets_a_code_and_a_value)
{
    error_code code = asio::error::fault;
    session made;
    async_call(executor(), client().create_session(near_and_shielded()), [&](error_code failure, session value) {
        code = failure;
        made = std::move(value);
    });
    EXPECT_EQ(code, asio::error::fault) << "from within the function that begins it";
    settle();
    EXPECT_EQ(code, error_code{});
    EXPECT_EQ(made.defaults, near_and_shielded());
}

TEST_F(async_call_test, a_failure_is_a_code_and_diagnostics)
{
    error_code code;
    error diagnostics;
    async_call(executor(), client().get_session(nobodys), diagnostics, [&](error_code failure, const session& value) {
        code = failure;
        EXPECT_EQ(value, session{});
        EXPECT_EQ(diagnostics.status(), 404U) << "set before the handler runs";
    });
    settle();
    EXPECT_EQ(code, condition::not_found);
    EXPECT_EQ(diagnostics.service_code(), "SESSION_NOT_FOUND");
    async_call(executor(), client().create_session({}), diagnostics,
               [&](error_code failure, const session&) { code = failure; });
    settle();
    EXPECT_FALSE(code);
    EXPECT_FALSE(diagnostics.code());
}

TEST_F(async_call_test, an_immediate_failure_does_not_complete_inline)
{
    bool done = false;
    asio::post(context, [&] {
        async_call(executor(), client().create_session({}, std::chrono::seconds{1}),
                   [&](error_code failure, const session&) {
                       done = true;
                       EXPECT_EQ(failure, errc::invalid_request);
                   });
        EXPECT_FALSE(done);
    });
    settle();
    EXPECT_TRUE(done);
}

TEST_F(async_call_test, a_future)
{
    std::future<session> made = async_call(executor(), client().create_session({}), asio::use_future);
    settle();
    EXPECT_NE(made.get().id, session_id{});
    std::future<session> missing = async_call(executor(), client().get_session(nobodys), asio::use_future);
    settle();
    EXPECT_THROW(missing.get(), boost::system::system_error);
}

TEST_F(async_call_test, a_deferred_operation_in_a_coroutine_of_another_executor_type)
{
    using own_executor = asio::io_context::executor_type;
    const auto work = [&]() -> asio::awaitable<error_code, own_executor> {
        auto operation = async_call(executor(), client().get_session(nobodys), asio::deferred);
        auto waiting = std::move(operation)(asio::as_tuple(asio::use_awaitable_t<own_executor>{}));
        const std::tuple<error_code, session> got = co_await std::move(waiting);
        co_return std::get<0>(got);
    };
    error_code code;
    asio::co_spawn(context.get_executor(), work(), [&](const std::exception_ptr&, error_code got) { code = got; });
    settle();
    EXPECT_EQ(code, condition::not_found);
}

TEST_F(async_call_test, a_tuple_in_a_coroutine)
{
    const auto work = [&]() -> asio::awaitable<error_code> {
        error diagnostics;
        auto waiting =
            async_call(executor(), client().get_session(nobodys), diagnostics, asio::as_tuple(asio::use_awaitable));
        const std::tuple<error_code, session> got = co_await std::move(waiting);
        EXPECT_EQ(diagnostics.status(), 404U);
        co_return std::get<0>(got);
    };
    error_code code;
    asio::co_spawn(context.get_executor(), work(), [&](const std::exception_ptr&, error_code got) { code = got; });
    settle();
    EXPECT_EQ(code, condition::not_found);
}

TEST_F(async_call_test, the_handlers_executor_is_where_it_runs)
{
    asio::io_context elsewhere;
    bool done = false;
    async_call(executor(), succeed(), asio::bind_executor(elsewhere, [&](error_code failure) {
                   done = !failure && elsewhere.get_executor().running_in_this_thread();
               }));
    settle();
    EXPECT_FALSE(done);
    elsewhere.run();
    EXPECT_TRUE(done);
}

TEST_F(async_call_test, the_handlers_slot_cancels_with_every_type)
{
    for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial}) {
        sandbox().add_fault(sipher::testing::fault::silence());
        const auto before = sandbox().counters().requests;
        asio::cancellation_signal cancel;
        error_code code;
        error diagnostics;
        async_call(
            executor(), client().create_session({}), diagnostics,
            asio::bind_cancellation_slot(cancel.slot(), [&](error_code failure, const session&) { code = failure; }));
        run_until(context, [&] { return sandbox().counters().requests != before; });
        EXPECT_FALSE(code);
        cancel.emit(type);
        settle();
        EXPECT_EQ(code, asio::error::operation_aborted);
        EXPECT_EQ(diagnostics.outcome(), outcome::unknown);
    }
}

TEST_F(async_call_test, foreign_exceptions_have_a_code_too)
{
    error diagnostics;
    const auto code_of = [&](asio::awaitable<int> operation) {
        error_code code;
        async_call(executor(), std::move(operation), diagnostics, [&](error_code failure, int) { code = failure; });
        settle();
        return code;
    };
    EXPECT_EQ(code_of(fail(std::bad_alloc{})), std::errc::not_enough_memory);
    EXPECT_EQ(code_of(fail(boost::system::system_error{asio::error::eof})), asio::error::eof);
    EXPECT_EQ(code_of(fail(std::runtime_error{"no such thing"})), errc::callback_failed);
    EXPECT_NE(diagnostics.message().find("no such thing"), std::string::npos) << diagnostics.message();
    EXPECT_THROW(std::rethrow_exception(diagnostics.cause()), std::runtime_error);
}

} // namespace
} // namespace sipher::test
