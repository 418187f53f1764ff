// Processes on one host, or on several, that share the rate limit of their address by way of a Redis server.
#pragma once

#include <sipher/quota_source.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <hiredis/hiredis.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

/// A bucket of tokens in the server, filled evenly by the server's own time: a request takes one and waits until it is
/// there. What may go at once is a twentieth of the limit, and the rest is spread over the window, so that no window of
/// the service has more than the limit.
class redis_quota_source final : public sipher::quota_source {
public:
    redis_quota_source(std::string host, int port, unsigned limit, std::chrono::milliseconds window)
        : host_(std::move(host)), port_(port), at_once_(std::max(1.0, limit * 0.05)),
          per_millisecond_((limit - at_once_) / static_cast<double>(window.count()))
    {
    }

    boost::asio::awaitable<std::chrono::nanoseconds> take(sipher::quota_request wanted) override
    {
        // hiredis blocks, so it has a thread of its own.
        return boost::asio::co_spawn(worker_, ask(wanted.longest_wait), boost::asio::use_awaitable);
    }

private:
    struct releaser {
        void operator()(redisReply* made) const noexcept { freeReplyObject(made); }
        void operator()(redisContext* made) const noexcept { redisFree(made); }
    };
    using reply = std::unique_ptr<redisReply, releaser>;

    static constexpr const char* script = R"(
        local now = redis.call('TIME')
        now = now[1] * 1000 + now[2] / 1000
        local at_once, per_ms, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local known = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens = tonumber(known[1]) or at_once
        local at = tonumber(known[2]) or now
        tokens = math.min(at_once, tokens + (now - at) * per_ms) - 1
        local wait = tokens >= 0 and 0 or math.ceil(-tokens / per_ms)
        if wait < longest then
            redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
            redis.call('PEXPIRE', KEYS[1], math.ceil((at_once - tokens) / per_ms) + 1000)
        end
        return wait)";

    boost::asio::awaitable<std::chrono::nanoseconds> ask(std::chrono::nanoseconds longest)
    {
        if (!server_) {
            const timeval timeout{0, 200'000};
            server_.reset(redisConnectWithTimeout(host_.c_str(), port_, timeout));
            if (server_ && server_->err == 0) {
                redisSetTimeout(server_.get(), timeout);
            }
        }
        const reply answer{
            server_ && server_->err == 0
                ? static_cast<redisReply*>(redisCommand(
                      server_.get(), "EVAL %s 1 sipher:minute %s %s %s", script, std::to_string(at_once_).c_str(),
                      std::to_string(per_millisecond_).c_str(),
                      std::to_string(std::chrono::floor<std::chrono::milliseconds>(longest).count()).c_str()))
                : nullptr};
        if (!answer || answer->type != REDIS_REPLY_INTEGER) {
            server_.reset();
            throw std::runtime_error{"Redis did not answer"};
        }
        co_return std::chrono::milliseconds{answer->integer};
    }

    const std::string host_;
    const int port_;
    const double at_once_;
    const double per_millisecond_;
    std::unique_ptr<redisContext, releaser> server_;
    /// Last, so that it ends before what it uses goes.
    boost::asio::thread_pool worker_{1};
};
