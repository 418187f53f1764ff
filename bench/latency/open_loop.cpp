#include "open_loop.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace asio = boost::asio;

namespace bench {

open_loop::open_loop(asio::io_context& context, const arguments& settings, call prepare, call make_call)
    : context_(context), callers_(context, settings), prepare_(std::move(prepare)), make_call_(std::move(make_call)),
      taken_(settings)
{
}

void open_loop::run()
{
    callers_.start(arrive());
    callers_.run();
    taken_.print();
}

asio::awaitable<void> open_loop::arrive()
{
    co_await prepare_();
    asio::steady_timer timer{context_};
    taken_.begin();
    while (taken_.has_next()) {
        timer.expires_at(taken_.next());
        co_await timer.async_wait(asio::use_awaitable);
        for (const auto now = latencies::clock::now(); taken_.has_next() && taken_.next() <= now;) {
            callers_.start(one(taken_.take_next()));
        }
    }
}

asio::awaitable<void> open_loop::one(latencies::clock::time_point due)
{
    co_await make_call_();
    taken_.add(due);
}

} // namespace bench
