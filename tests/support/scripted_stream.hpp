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

/// The other end of a scripted stream, and the kernel in between.
class scripted_peer : public std::enable_shared_from_this<scripted_peer> {
public:
    explicit scripted_peer(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// A stream to this peer. Only one at a time.
    [[nodiscard]] std::unique_ptr<detail::byte_stream> make_stream();

    /// Adds bytes for the client to read.
    void send(std::string_view bytes);
    /// Ends the readable bytes with `eof` or a failure.
    void end(boost::system::error_code how);
    /// The bytes written by the client.
    [[nodiscard]] std::string& received() noexcept { return received_; }
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    [[nodiscard]] bool was_aborted() const noexcept { return aborted_; }
    /// The kernel accepts this many more bytes; then it blocks the client, or fails with `failure`.
    void accept_only(std::size_t bytes, boost::system::error_code failure = {});
    /// The client's next waits for readability lack the memory.
    void lack_memory_to_wait() noexcept { lacks_memory_ = true; }
    /// Returns at most this many bytes in one read.
    void deliver_at_most(std::size_t bytes) noexcept { largest_read_ = bytes; }

    /// Called (soon, not inline) for every complete request.
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
    bool lacks_memory_ = false;
    bool closed_ = false;
    bool aborted_ = false;
    std::shared_ptr<detail::readiness_listener> reader_;
    std::shared_ptr<detail::readiness_listener> writer_;
};

} // namespace sipher::test
