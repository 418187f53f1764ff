#pragma once

#include <sipher/client.hpp>
#include <sipher/config.hpp>
#include <sipher/error.hpp>
#include <sipher/result.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace sipher {

/// The progress of a batch.
struct SIPHER_API batch_progress {
    batch_progress() = default;

    std::size_t total = 0;
    /// Inputs that have succeeded, and inputs that have failed; the rest have not ended.
    std::size_t done = 0;
    std::size_t failed = 0;
    /// Started and not ended.
    std::size_t running = 0;
    /// Calls of `batch_options::client` that wait for the rate limit.
    std::size_t waiting = 0;
    std::chrono::nanoseconds elapsed{};
    /// Estimated time for the rest at the current rate. Unset: nothing has ended yet.
    std::optional<std::chrono::nanoseconds> remaining;
};

/// Options of a batch.
struct SIPHER_API batch_options {
    batch_options() = default;

    /// Number of inputs processed at once. 0 is invalid.
    std::size_t concurrency = 16;
    /// Called when the batch begins and whenever an input has ended, one call at a time. Exceptions are swallowed.
    /// Empty: no callback.
    std::function<void(const batch_progress& progress)> on_progress;
    /// The client whose clock measures `elapsed` and whose waiting calls are reported. Unset: real time, and none
    /// reported.
    std::optional<sipher::client> client;
};

static_assert(!std::is_aggregate_v<batch_progress>);
static_assert(!std::is_aggregate_v<batch_options>);

namespace detail {

/// Runs `run_one(index)` for each index below `count`, at most `batch_options::concurrency` at a time; it returns
/// whether it succeeded. After an exception no more runs start, and it is rethrown when all have ended. When the batch
/// is cancelled, current runs are cancelled and no more start; it completes when all have ended.
[[nodiscard]] SIPHER_API boost::asio::awaitable<void> run_batch(
    std::size_t count, batch_options options, std::function<boost::asio::awaitable<bool>(std::size_t index)> run_one);

template <class T>
struct awaited;
template <class T>
struct awaited<boost::asio::awaitable<T>> {
    using type = T;
};

/// The inputs of a batch and their results.
template <class Input, class Operation>
struct batch {
    using value_type = typename awaited<std::invoke_result_t<Operation&, Input>>::type;

    batch(std::vector<Input> all, Operation each) : inputs(std::move(all)), operation(std::move(each))
    {
        results.reserve(inputs.size());
        while (results.size() < inputs.size()) {
            results.emplace_back(error{boost::asio::error::operation_aborted, "cancelled before it began"});
        }
    }

    /// A coroutine, so that what the operation throws before it returns its awaitable is a result, too.
    static boost::asio::awaitable<value_type> call(std::shared_ptr<batch> self, std::size_t index)
    {
        boost::asio::awaitable<value_type> one = self->operation(std::move(self->inputs[index]));
        co_return co_await std::move(one);
    }

    static boost::asio::awaitable<bool> run_one(std::shared_ptr<batch> self, std::size_t index)
    {
        self->results[index] = co_await as_result(call(self, index));
        co_return self->results[index].has_value();
    }

    std::vector<Input> inputs;
    Operation operation;
    std::vector<result<value_type>> results;
};

} // namespace detail

/// Runs one operation over many inputs, several at a time, and returns all results in input order:
///
///     auto get = [client](sipher::session_id id) { return client.get_session(id); };
///     const auto sessions = co_await sipher::for_each_concurrent(ids, options, get);
///
/// Arguments are taken by value. `operation` is called with each input, may be called again while an awaitable that it
/// returned runs, and returns an `awaitable`; name it, and do not write a capturing lambda into the expression (GCC
/// 12). The operations run on the caller's executor, one step at a time.
/// Idempotency and retry: only the operation's own. A failed input does not stop the others.
/// Cancellation: every type that Asio's coroutines let through; operations in progress are cancelled in the same way,
/// and the function completes when they have ended, without an exception: the results show what was done, and inputs
/// not started have `operation_aborted` and the outcome `not_sent`. (The next `co_await` of the cancelled caller
/// throws.)
/// Errors: `errc::invalid_request` when `concurrency` is 0. The operations' errors are results; any exception other
/// than `boost::system::system_error` stops the batch, and is rethrown when all started operations have ended.
/// Thread safety: may be called from any thread.
template <class Input, class Operation>
[[nodiscard]] auto for_each_concurrent(std::vector<Input> inputs, batch_options options, Operation operation)
    -> boost::asio::awaitable<std::vector<result<typename detail::batch<Input, Operation>::value_type>>>
{
    using batch = detail::batch<Input, Operation>;
    const auto all = std::make_shared<batch>(std::move(inputs), std::move(operation));
    std::function<boost::asio::awaitable<bool>(std::size_t)> run_one = [all](std::size_t index) {
        return batch::run_one(all, index);
    };
    const std::size_t count = all->inputs.size();
    co_await detail::run_batch(count, std::move(options), std::move(run_one));
    co_return std::move(all->results);
}

} // namespace sipher
