#pragma once

#include "support/scripted_service.hpp"

#include <sipher/async_call.hpp>
#include <sipher/client.hpp>
#include <sipher/error.hpp>
#include <sipher/live_session.hpp>
#include <sipher/session_scope.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace sipher::test {

/// How an awaiting function ended.
struct ending {
    int completions = 0;
    std::exception_ptr thrown;

    /// What was thrown, if anything was; nothing but a `sipher::error` may be.
    [[nodiscard]] std::optional<error> failure() const
    {
        try {
            if (thrown) {
                std::rethrow_exception(thrown);
            }
        } catch (const error& failure) {
            return failure;
        } catch (const std::exception& other) {
            ADD_FAILURE() << "not a sipher::error: " << other.what();
        } catch (...) {
            ADD_FAILURE() << "not a sipher::error";
        }
        return std::nullopt;
    }
    [[nodiscard]] bool succeeded() const { return completions == 1 && !thrown; }
};

/// Creates sessions with an id of their own each, and knows all.
inline scripted_service::reaction session_service()
{
    return [made = 0](scripted_peer& peer, const std::string& request) mutable {
        std::string data = R"({"x":1})";
        if (request.find(" /v1/sessions") != std::string::npos) {
            const std::string digits = std::to_string(100 + made);
            std::string id = "sess_" + std::string(61, 'a') + digits;
            if (const auto at = request.find("/v1/sessions/"); at != std::string::npos) {
                id = request.substr(at + 13, id.size());
            } else {
                ++made;
            }
            data = R"({"deleted":true,"sessionId":")" + id +
                   R"(","defaults":{"chain":"near"},"createdAt":1795464000000,"expiresAt":1795467600000})";
        }
        response(200, R"({"success":true,"data":)" + data + "}")(peer, request);
    };
}

/// A client as users have it, on a scripted service and a clock that stands still; nothing outlives it.
class client_world {
public:
    explicit client_world(client_options options = {})
    {
        options.base_url = "http://localhost";
        options.retry.max_attempts = 5;
        service.otherwise = session_service();
        api.emplace(service.make_public_client(std::move(options)));
    }
    client_world(const client_world&) = delete;
    client_world& operator=(const client_world&) = delete;

    ~client_world()
    {
        calm();
        scope.reset();
        live.reset();
        api.reset();
        for (int i = 0; i < 300 && !is_idle(); ++i) {
            clock->advance(std::chrono::seconds{1});
        }
        EXPECT_TRUE(context.stopped()) << "something still waits";
    }

    template <class T>
    std::shared_ptr<ending> launch(boost::asio::awaitable<T> work)
    {
        auto ended = std::make_shared<ending>();
        auto handler = [ended](std::exception_ptr thrown, const auto&...) {
            ++ended->completions;
            ended->thrown = std::move(thrown);
        };
        // A slot is one operation's: what is launched beside it cannot be cancelled.
        auto slot = cancel.slot().has_handler() ? boost::asio::cancellation_slot{} : cancel.slot();
        boost::asio::co_spawn(context, detail::with_all_cancellation(std::move(work)),
                              boost::asio::bind_cancellation_slot(slot, std::move(handler)));
        return ended;
    }

    /// To its end, undisturbed, and without the signal.
    template <class T>
    std::optional<T> get(boost::asio::awaitable<T> work)
    {
        std::optional<T> result;
        bool ended = false;
        boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& thrown, T given) {
            ended = true;
            if (!thrown) {
                result.emplace(std::move(given));
            }
        });
        for (int i = 0; i < 1000 && !ended; ++i) {
            step();
        }
        EXPECT_TRUE(ended) << "it hangs";
        return result;
    }

    std::shared_ptr<ending> complete(std::shared_ptr<ending> call)
    {
        for (int i = 0; i < 1000 && call->completions == 0; ++i) {
            step();
        }
        return call;
    }

    /// A failed dial where one is needed, and a refusal with a wait.
    void disturb()
    {
        service.admit = [first = service.connects + 1](std::size_t number) {
            return number == first ? make_error_code(errc::connect_failed) : boost::system::error_code{};
        };
        service.script = {refuse(429, "RATE_LIMIT_EXCEEDED", "Retry-After: 1\r\n")};
    }
    void calm()
    {
        service.admit = {};
        service.script.clear();
    }

    void run()
    {
        context.restart();
        context.poll();
    }
    /// Runs one handler, or moves the clock if there is none.
    void step()
    {
        context.restart();
        if (context.poll_one() == 0) {
            clock->advance(std::chrono::seconds{1});
        }
    }

    boost::asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>();
    scripted_service service{context, clock};
    boost::asio::cancellation_signal cancel;
    std::optional<client> api;
    std::optional<live_session> live;
    std::optional<session_scope> scope;

private:
    bool is_idle()
    {
        run();
        return context.stopped();
    }
};

} // namespace sipher::test
