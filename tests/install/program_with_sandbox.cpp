#include <sipher/observability.hpp>
#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/io_context.hpp>

#include <exception>
#include <memory>
#include <string>

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
    const auto metrics = std::make_shared<sipher::metrics_observer>();
    sipher::client_options options = sandbox.options();
    options.observer = metrics;
    boost::asio::io_context context;
    boost::asio::co_spawn(context, create(sipher::client{context, options}), [](std::exception_ptr failure) {
        if (failure) {
            std::rethrow_exception(failure);
        }
    });
    context.run();
    const bool counted = metrics->text().find(R"(sipher_attempts_total{operation="create_session",status="2xx"} 1)") !=
                         std::string::npos;
    return counted && sandbox.counters().created == 1 && sandbox.sessions().size() == 1 ? 0 : 1;
}
