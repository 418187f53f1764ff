#include <sipher/sipher.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <exception>

namespace {

int exit_code = 1;

// Nothing listens at the address of this client, and that is what it must find out.
boost::asio::awaitable<void> look_up(sipher::client client, sipher::session_id id)
{
    try {
        co_await client.get_session(id);
    } catch (const sipher::error& error) {
        std::puts(error.what());
        exit_code = error.code() == sipher::errc::connect_failed ? 0 : 1;
    }
}

} // namespace

int main()
{
    boost::asio::io_context context;
    sipher::client_options options;
    options.base_url = "http://127.0.0.1:1";
    options.retry.max_attempts = 1;
    const sipher::session_id id{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
    boost::asio::co_spawn(context, look_up(sipher::client{context, options}, id), [](std::exception_ptr failure) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    context.run();
    return exit_code;
}
