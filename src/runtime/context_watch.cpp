#include "runtime/context_watch.hpp"

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace sipher::detail {

namespace {

class watch_service final : public boost::asio::execution_context::service {
public:
    using key_type = watch_service;
    static inline boost::asio::execution_context::id id;

    explicit watch_service(boost::asio::execution_context& context) : service(context) {}

    void add(std::weak_ptr<context_client> client)
    {
        const std::lock_guard lock{mutex_};
        std::erase_if(clients_, [](const auto& known) { return known.expired(); });
        clients_.push_back(std::move(client));
    }

private:
    void shutdown() noexcept override
    {
        std::vector<std::weak_ptr<context_client>> clients;
        {
            const std::lock_guard lock{mutex_};
            clients.swap(clients_);
        }
        for (const auto& known : clients) {
            if (const auto client = known.lock()) {
                client->on_context_shutdown();
            }
        }
    }

    std::mutex mutex_;
    std::vector<std::weak_ptr<context_client>> clients_;
};

} // namespace

void watch_context(const boost::asio::any_io_executor& executor, std::weak_ptr<context_client> client)
{
    auto& context = boost::asio::query(executor, boost::asio::execution::context);
    boost::asio::use_service<watch_service>(context).add(std::move(client));
}

} // namespace sipher::detail
