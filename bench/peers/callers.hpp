#pragma once

#include "arguments.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <utility>

namespace bench {

/// The coroutines of a client program. When the last has ended, so has the program, or it lingers: it says so, and
/// what is alive lives on.
class callers {
public:
    callers(boost::asio::io_context& context, const arguments& settings)
        : context_(context), work_(context.get_executor()), linger_(settings.linger)
    {
    }

    void start(boost::asio::awaitable<void> calls)
    {
        ++running_;
        boost::asio::co_spawn(context_, std::move(calls),
                              [this](const std::exception_ptr& failure) { ended(failure); });
    }

    /// Rethrows the exception of the first coroutine that failed.
    void run()
    {
        context_.run();
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

private:
    void ended(const std::exception_ptr& failure)
    {
        --running_;
        if (failure && !failure_) {
            failure_ = failure;
        }
        if (failure_ || (running_ == 0 && !linger_)) {
            context_.stop();
        } else if (running_ == 0) {
            std::cout << "done" << std::endl;
        }
    }

    boost::asio::io_context& context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    bool linger_;
    std::size_t running_ = 0;
    std::exception_ptr failure_;
};

} // namespace bench
