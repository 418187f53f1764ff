#pragma once

#include "client/operations.hpp"
#include "support/scripted_service.hpp"

#include <sipher/async_call.hpp>
#include <sipher/error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace sipher::test {

/// A call that was started, and how it ended.
struct started_call {
    int completions = 0;
    std::optional<error> failure;
    /// Not a `sipher::error`.
    std::string other_failure;
    boost::asio::cancellation_signal cancel;

    [[nodiscard]] bool succeeded() const { return completions == 1 && !failure && other_failure.empty(); }
    [[nodiscard]] bool failed_with(boost::system::error_code code) const
    {
        return completions == 1 && failure && failure->code() == code;
    }
};

enum class operation { create, get, update, remove };

/// Calls against a scripted service, on a clock that stands still.
class call_test : public ::testing::Test {
protected:
    call_test() { options.base_url = "http://localhost"; }

    ~call_test() override
    {
        client.reset();
        run();
        EXPECT_TRUE(context->stopped()) << "something still waits";
    }

    /// To be called once the options are as they should be; the first call does so too.
    void open()
    {
        if (!client) {
            client = service->make_client(options);
        }
    }

    std::shared_ptr<started_call> start(operation what, call_options call = {})
    {
        open();
        const auto& state = client->state();
        const session_id id = scripted_session_id();
        switch (what) {
        case operation::create: return launch(detail::create_session(state, {}, {}, std::move(call)));
        case operation::get: return launch(detail::get_session(state, id, std::move(call)));
        case operation::update: return launch(detail::update_session(state, id, {}, std::move(call)));
        case operation::remove: break;
        }
        return launch(detail::delete_session(state, id, std::move(call)));
    }

    template <class T>
    std::shared_ptr<started_call> launch(boost::asio::awaitable<T> work)
    {
        auto started = std::make_shared<started_call>();
        boost::asio::co_spawn(*context, detail::with_all_cancellation(std::move(work)),
                              boost::asio::bind_cancellation_slot(
                                  started->cancel.slot(), [started](const std::exception_ptr& thrown, const T&) {
                                      ++started->completions;
                                      take(*started, thrown);
                                  }));
        return started;
    }

    std::shared_ptr<started_call> perform(operation what, call_options call = {})
    {
        auto started = start(what, std::move(call));
        run();
        return started;
    }

    void run()
    {
        context->restart();
        context->poll();
    }

    void advance(std::chrono::nanoseconds by)
    {
        clock->advance(by);
        run();
    }

    [[nodiscard]] std::size_t busy() const { return client->state()->pool->stats().busy; }

    std::unique_ptr<boost::asio::io_context> context = std::make_unique<boost::asio::io_context>();
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>();
    std::unique_ptr<scripted_service> service = std::make_unique<scripted_service>(*context, clock);
    client_options options;
    std::shared_ptr<detail::client_handle> client;

private:
    static void take(started_call& started, const std::exception_ptr& thrown)
    {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        } catch (const error& failure) {
            started.failure = failure;
        } catch (const std::exception& failure) {
            started.other_failure = failure.what();
        }
    }
};

} // namespace sipher::test
