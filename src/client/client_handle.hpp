#pragma once

#include "call/client_state.hpp"
#include "session/owned_sessions.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

namespace sipher::detail {

struct server_settings;

/// Shared by the copies of a `client`, but not by its calls: its destruction closes the client.
class client_handle final {
public:
    [[nodiscard]] static std::shared_ptr<client_handle> make(boost::asio::any_io_executor executor,
                                                             client_options options);
    using connector_factory =
        std::function<std::unique_ptr<connector>(const client_state&, const boost::asio::any_io_executor&)>;
    /// For connections from a source other than the network.
    [[nodiscard]] static std::shared_ptr<client_handle> make(boost::asio::any_io_executor executor,
                                                             client_options options,
                                                             const connector_factory& make_connector);
    ~client_handle();
    client_handle(const client_handle&) = delete;
    client_handle& operator=(const client_handle&) = delete;

    [[nodiscard]] const std::shared_ptr<client_state>& state() const noexcept { return state_; }
    [[nodiscard]] owned_sessions& sessions() noexcept { return sessions_; }
    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

private:
    client_handle(boost::asio::any_io_executor executor, std::shared_ptr<client_state> state);

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<client_state> state_;
    owned_sessions sessions_;
};

/// The connection settings of a client with this state.
[[nodiscard]] std::shared_ptr<server_settings> make_server_settings(const client_state& state,
                                                                    const boost::asio::any_io_executor& executor);

/// Null for a moved-from client.
[[nodiscard]] inline std::shared_ptr<client_state> state_of(const std::shared_ptr<client_handle>& handle)
{
    return handle ? handle->state() : nullptr;
}

} // namespace sipher::detail
