#pragma once

#include <sipher/sipher.hpp>
#include <sipher/testing.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace sipher::test {

/// Runs handlers until `ready`; fails the test instead of hanging forever.
void run_until(boost::asio::io_context& context, const std::function<bool()>& ready);

/// The thrown `sipher::error`; empty if nothing was thrown. Other exceptions are rethrown.
[[nodiscard]] std::optional<error> error_of(const std::exception_ptr& thrown);

/// A client and a sandbox that share a manual clock.
class client_test : public ::testing::Test {
protected:
    client_test();
    ~client_test() override;

    /// Made on first use, so that a test can change the options first.
    sipher::client& client();
    sipher::testing::sandbox& sandbox();
    /// The next call of `client()` makes a new one, with the options at that time.
    void reset_client() { client_.reset(); }

    template <class T>
    T run(boost::asio::awaitable<T> work)
    {
        std::optional<T> value;
        std::exception_ptr thrown;
        bool done = false;
        boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr failure, T result) {
            thrown = std::move(failure);
            value.emplace(std::move(result));
            done = true;
        });
        run_until(context, [&] { return done; });
        if (thrown) {
            std::rethrow_exception(thrown);
        }
        return std::move(*value);
    }

    /// The call's error; if the call succeeds, an error without a code, and the test fails.
    template <class T>
    error failure_of(boost::asio::awaitable<T> work)
    {
        try {
            run(std::move(work));
        } catch (const error& failure) {
            return failure;
        }
        ADD_FAILURE() << "the call succeeded";
        return {};
    }

    session create(session_defaults defaults = {}, std::chrono::seconds time_to_live = {})
    {
        return run(client().create_session(std::move(defaults), time_to_live));
    }

    /// The number of requests that the sandbox has received since the last call.
    std::uint64_t new_requests();

    /// Runs all operations in progress; time stands still.
    /// @param held Connections that never receive a response.
    void settle(std::size_t held = 0);

    /// The defaults that the last request with a session ran under, by the sandbox's ledger. Later requests of other
    /// kinds, such as the delete of a replaced session, are ignored.
    session_defaults last_effective_defaults();

    boost::asio::io_context context;
    std::shared_ptr<sipher::testing::manual_clock> clock = std::make_shared<sipher::testing::manual_clock>();
    sipher::testing::sandbox_options sandbox_options;
    client_options options;

private:
    std::unique_ptr<sipher::testing::sandbox> sandbox_;
    std::optional<sipher::client> client_;
    std::uint64_t requests_seen_ = 0;
};

/// Chain `near`, privacy `shielded`.
session_defaults near_and_shielded();

} // namespace sipher::test
