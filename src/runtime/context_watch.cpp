#include "runtime/context_watch.hpp"

#include "runtime/weak_list.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <mutex>
#include <utility>
#include <vector>

namespace sipher::detail {

namespace {

/// Decides which services must be older than the watching one: see `watch_io_context`.
enum class watched { handlers, io_objects };

template <watched>
class watch_service final : public boost::asio::execution_context::service {
public:
    using key_type = watch_service;
    static inline boost::asio::execution_context::id id;

    explicit watch_service(boost::asio::execution_context& context) : service(context) {}

    void add(std::weak_ptr<context_client> client)
    {
        const std::lock_guard lock{mutex_};
        clients_.add(std::move(client));
    }

private:
    void shutdown() noexcept override
    {
        std::vector<std::weak_ptr<context_client>> clients;
        {
            const std::lock_guard lock{mutex_};
            clients = clients_.take();
        }
        for (const auto& known : clients) {
            if (const auto client = known.lock()) {
                client->on_context_shutdown();
            }
        }
    }

    std::mutex mutex_;
    weak_list<context_client> clients_;
};

boost::asio::execution_context& context_of(const boost::asio::any_io_executor& executor)
{
    return boost::asio::query(executor, boost::asio::execution::context);
}

} // namespace

void watch_context(const boost::asio::any_io_executor& executor, std::weak_ptr<context_client> client)
{
    boost::asio::use_service<watch_service<watched::handlers>>(context_of(executor)).add(std::move(client));
}

void watch_io_context(const boost::asio::any_io_executor& executor, std::weak_ptr<context_client> client)
{
    using service = watch_service<watched::io_objects>;
    boost::asio::execution_context& context = context_of(executor);
    if (!boost::asio::has_service<service>(context)) {
        // Asio creates a service with the first object that needs it.
        const boost::asio::strand<boost::asio::any_io_executor> strand{executor};
        const boost::asio::steady_timer timer{executor};
        const boost::asio::ip::tcp::socket socket{executor};
    }
    boost::asio::use_service<service>(context).add(std::move(client));
}

bool share_context(const boost::asio::any_io_executor& a, const boost::asio::any_io_executor& b)
{
    return &context_of(a) == &context_of(b);
}

} // namespace sipher::detail
