#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/io_context.hpp>

#include <exception>

namespace {

boost::asio::awaitable<void> create(sipher::client client)
{
    const sipher::session_defaults defaults;
    co_await client.create_session(defaults);
}

} // namespace

// A user's test in little: one session over TLS.
int main()
{
    const sipher::testing::sandbox sandbox;
    boost::asio::io_context context;
    boost::asio::co_spawn(context, create(sipher::client{context, sandbox.options()}), [](std::exception_ptr failure) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    context.run();
    return sandbox.counters().created == 1 && sandbox.sessions().size() == 1 ? 0 : 1;
}
