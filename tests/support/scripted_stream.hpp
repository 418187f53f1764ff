#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>

namespace sipher::test {

/// The other end of a scripted stream, and the kernel between the two.
class scripted_peer : public std::enable_shared_from_this<scripted_peer> {
public:
    explicit scripted_peer(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// A stream that leads here. Only one at a time.
    [[nodiscard]] std::unique_ptr<detail::byte_stream> make_stream();

    /// Bytes that the client can read from now on.
    void send(std::string_view bytes);
    /// The end of what it can read: `eof` or a failure.
    void end(boost::system::error_code how);
    /// What the client wrote.
    [[nodiscard]] std::string& received() noexcept { return received_; }
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    [[nodiscard]] bool was_aborted() const noexcept { return aborted_; }
    /// The kernel takes this many bytes more; then it lets the client wait, or fails with `failure`.
    void accept_only(std::size_t bytes, boost::system::error_code failure = {});
    /// Gives at most this many bytes in one read.
    void deliver_at_most(std::size_t bytes) noexcept { largest_read_ = bytes; }

    /// Called (soon, not inline) for every request that has arrived in full.
    std::function<void(scripted_peer&, const std::string& request)> on_request;

private:
    class stream;

    void look_for_request();

    void tell_reader();
    void tell_writer();

    const boost::asio::any_io_executor executor_;
    std::string received_;
    std::string readable_;
    boost::system::error_code end_;
    std::size_t acceptable_ = std::numeric_limits<std::size_t>::max();
    boost::system::error_code write_failure_;
    std::size_t largest_read_ = std::numeric_limits<std::size_t>::max();
    std::size_t looked_through_ = 0;
    bool closed_ = false;
    bool aborted_ = false;
    std::shared_ptr<detail::readiness_listener> reader_;
    std::shared_ptr<detail::readiness_listener> writer_;
};

} // namespace sipher::test
