#pragma once

#include "client/client_handle.hpp"
#include "support/scripted_stream.hpp"

#include <sipher/client.hpp>
#include <sipher/session_id.hpp>
#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sipher::test {

/// A scripted service: defines the result of each connection attempt and of each complete request.
class scripted_service {
public:
    /// Receives the request; may send, end, or do nothing on its connection.
    using reaction = std::function<void(scripted_peer& peer, const std::string& request)>;
    /// Receives the number of the connection, from 1; returns no error, or why it fails.
    using admission = std::function<boost::system::error_code(std::size_t number)>;

    scripted_service(boost::asio::io_context& context, std::shared_ptr<testing::manual_clock> clock)
        : context_(context), clock_(std::move(clock))
    {
    }

    /// A client whose connections all lead to this service.
    [[nodiscard]] std::shared_ptr<detail::client_handle> make_client(client_options options = {});
    /// The same as a public `client`.
    [[nodiscard]] client make_public_client(client_options options);

    /// Reactions to future requests, one each; after them `otherwise` is used.
    std::deque<reaction> script;
    reaction otherwise;
    admission admit;
    /// Called for each new connection, before it carries anything.
    std::function<void(scripted_peer&)> prepare;

    std::vector<std::string> requests;
    std::vector<std::shared_ptr<scripted_peer>> peers;
    std::size_t connects = 0;
    /// Attempts to connect are not completed until `finish_connects`.
    bool hold_connects = false;
    void finish_connects();

private:
    class scripted_connector;

    void complete(client_options& options) const;
    void connect(std::function<void(detail::connect_result)> done, const detail::client_state& state);
    void on_request(scripted_peer& peer, const std::string& request);

    boost::asio::io_context& context_;
    const std::shared_ptr<testing::manual_clock> clock_;
    std::vector<std::function<void()>> held_;
};

/// Reactions: a response with this status and JSON body, the end of the connection, no response at all.
[[nodiscard]] scripted_service::reaction response(unsigned status, std::string body, std::string fields = {});
/// An error of the service, in its envelope.
[[nodiscard]] scripted_service::reaction refuse(unsigned status, std::string code, std::string fields = {});
[[nodiscard]] scripted_service::reaction response_session(unsigned status = 200);
[[nodiscard]] scripted_service::reaction hang_up();
[[nodiscard]] scripted_service::reaction silence();

/// The session that `response_session` is about.
[[nodiscard]] session_id scripted_session_id();

} // namespace sipher::test
