// Processes on one host, or on several behind one address, that share the rate limit of that address through a Redis
// server.
#pragma once

#include <sipher/quota_source.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <hiredis/hiredis.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

/// A token bucket on the server, filled evenly by the server's own time: a request takes a token and waits until it is
/// available. A twentieth of the limit may be used at once, and the rest is spread over the window, so that no window
/// of the service exceeds the limit.
class redis_quota_source final : public sipher::quota_source {
public:
    /// @param limit Somewhat below the service's, because requests take time to arrive; at least 2.
    redis_quota_source(std::string host, int port, unsigned limit, std::chrono::milliseconds window)
        : host_(std::move(host)), port_(port), limit_(std::to_string(limit)), window_(std::to_string(window.count()))
    {
        if (limit < 2 || window.count() <= 0) {
            throw std::invalid_argument{"a bucket needs a limit of 2 or more, and a window"};
        }
    }

    boost::asio::awaitable<std::chrono::nanoseconds> take(sipher::quota_request wanted) override
    {
        // hiredis blocks, so it has its own thread.
        return boost::asio::co_spawn(worker_, ask(wanted.longest_wait), boost::asio::use_awaitable);
    }

private:
    struct releaser {
        void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
        void operator()(redisContext* context) const noexcept { redisFree(context); }
    };

    static constexpr const char* script = R"(
        local limit, window, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local at_once = math.max(1, math.floor(limit / 20))
        local per_ms = (limit - at_once) / window
        local time = redis.call('TIME')
        local now = time[1] * 1000 + time[2] / 1000
        local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens = tonumber(known[1]) or at_once
        local at = tonumber(known[2]) or now
        tokens = math.min(at_once, tokens + (now - at) * per_ms) - 1
        local wait = math.max(0, math.ceil(-tokens / per_ms))
        if wait < longest then
            redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
            redis.call('PEXPIRE', KEYS[1], math.ceil((at_once - tokens) / per_ms) + 1000)
        end
        return wait)";

    boost::asio::awaitable<std::chrono::nanoseconds> ask(std::chrono::nanoseconds longest)
    {
        // Requests queued behind one that found Redis unavailable need not try for themselves.
        const bool is_silent = std::chrono::steady_clock::now() < silent_until_;
        const auto wait = is_silent ? std::nullopt : run_script(longest);
        if (!wait) {
            throw std::runtime_error{"Redis does not respond"};
        }
        co_return *wait;
    }

    /// Empty if Redis does not respond.
    std::optional<std::chrono::milliseconds> run_script(std::chrono::nanoseconds longest)
    {
        if (!server_) {
            constexpr timeval timeout{0, 200'000};
            server_.reset(redisConnectWithTimeout(host_.c_str(), port_, timeout));
            if (server_ && server_->err == 0) {
                redisSetTimeout(server_.get(), timeout);
            }
        }
        const std::string wait = std::to_string(std::chrono::floor<std::chrono::milliseconds>(longest).count());
        std::unique_ptr<redisReply, releaser> reply;
        if (server_ && server_->err == 0) {
            reply.reset(static_cast<redisReply*>(redisCommand(server_.get(), "EVAL %s 1 sipher:limit %s %s %s", script,
                                                              limit_.c_str(), window_.c_str(), wait.c_str())));
        }
        if (!reply || reply->type != REDIS_REPLY_INTEGER) {
            server_.reset();
            silent_until_ = std::chrono::steady_clock::now() + std::chrono::seconds{1};
            return std::nullopt;
        }
        return std::chrono::milliseconds{reply->integer};
    }

    const std::string host_;
    const int port_;
    const std::string limit_;
    const std::string window_;
    /// Used by the worker's thread only.
    std::unique_ptr<redisContext, releaser> server_;
    std::chrono::steady_clock::time_point silent_until_{};
    /// Last, so that it ends before the members it uses are destroyed.
    boost::asio::thread_pool worker_{1};
};
