#include "call/key_provider.hpp"

#include "errors/error_report.hpp"
#include "options/validation.hpp"
#include "runtime/spawn_on.hpp"

#include <sipher/error_code.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

key_result failed(std::string_view provider, std::exception_ptr cause)
{
    key_result result;
    result.code = errc::callback_failed;
    result.message = std::string{provider} + " threw: " + describe_exception(cause);
    result.cause = std::move(cause);
    return result;
}

key_result checked(std::string_view provider, secret key)
{
    key_result result;
    try {
        validate_api_key(key, provider);
        result.key = std::move(key);
    } catch (const error& failure) {
        result.code = failure.code();
        result.message = failure.message();
    }
    return result;
}

} // namespace

bool has_key_provider(const client_options& options) noexcept
{
    return options.api_key_provider || options.async_api_key_provider;
}

key_result ask_for_key_now(const client_options& options)
{
    constexpr std::string_view name = "api_key_provider";
    try {
        return checked(name, options.api_key_provider());
    } catch (...) {
        return failed(name, std::current_exception());
    }
}

asio::awaitable<key_result> ask_for_key(const client_options& options, std::shared_ptr<sleep_list> sleepers,
                                        clock::time_point deadline)
{
    constexpr std::string_view name = "async_api_key_provider";
    // A strand, because whichever of the two ends first cancels the other.
    const auto executor = asio::make_strand(co_await asio::this_coro::executor);
    asio::awaitable<secret> work;
    std::exception_ptr failure;
    try {
        work = options.async_api_key_provider();
        if (!work.valid()) {
            throw std::invalid_argument{"it returned an empty awaitable"};
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        co_return failed(name, std::move(failure));
    }
    auto asking = spawn_on(executor, std::move(work));
    // A parallel group has no executor: without this one, the sleep would end, and cancel the provider, on the client's
    // executor.
    auto waiting = sleepers->async_sleep_until(deadline, asio::bind_executor(executor, asio::deferred));
    auto both = asio::experimental::make_parallel_group(std::move(asking), std::move(waiting));
    auto first = std::move(both).async_wait(asio::experimental::wait_for_one(), asio::deferred);
    auto [order, thrown, key, woken] = co_await std::move(first);
    if (order[0] == 0) {
        co_return thrown ? failed(name, thrown) : checked(name, std::move(key));
    }
    key_result late;
    late.code = woken ? woken : errc::deadline_exceeded;
    late.reason = end_reason::deadline;
    late.message = "async_api_key_provider did not return a key in time";
    co_return late;
}

} // namespace sipher::detail
