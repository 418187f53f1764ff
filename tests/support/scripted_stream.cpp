#include "support/scripted_stream.hpp"

#include "support/allocation_faults.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

namespace sipher::test {

namespace asio = boost::asio;
using boost::system::error_code;
using detail::io_result;
using detail::readiness_listener;

class scripted_peer::stream final : public detail::byte_stream {
public:
    explicit stream(std::shared_ptr<scripted_peer> peer) : peer_(std::move(peer)) {}
    ~stream() override { close(false); }

    io_result read_some(void* to, std::size_t size) override
    {
        const allocation_truce truce;
        std::string& readable = peer_->readable_;
        if (readable.empty()) {
            return {0, peer_->end_ ? peer_->end_ : error_code{asio::error::would_block}};
        }
        const std::size_t count = std::min({size, readable.size(), peer_->largest_read_});
        std::copy_n(readable.data(), count, static_cast<char*>(to));
        readable.erase(0, count);
        return {count, {}};
    }

    [[nodiscard]] bool has_input() override { return !peer_->readable_.empty() || peer_->end_; }

    io_result write_some(const void* from, std::size_t size) override
    {
        const allocation_truce truce;
        const std::size_t count = std::min(size, peer_->acceptable_);
        if (count == 0) {
            return {0, peer_->write_failure_ ? peer_->write_failure_ : error_code{asio::error::would_block}};
        }
        peer_->received_.append(static_cast<const char*>(from), count);
        peer_->acceptable_ -= count;
        peer_->look_for_request();
        return {count, {}};
    }

    void wait_readable(std::shared_ptr<readiness_listener> listener) override
    {
        const allocation_truce truce;
        if (peer_->lacks_memory_) {
            throw std::bad_alloc{};
        }
        peer_->reader_ = std::move(listener);
        if (!peer_->readable_.empty() || peer_->end_) {
            peer_->tell_reader();
        }
    }

    void wait_writable(std::shared_ptr<readiness_listener> listener) override
    {
        const allocation_truce truce;
        peer_->writer_ = std::move(listener);
        if (peer_->acceptable_ != 0 || peer_->write_failure_) {
            peer_->tell_writer();
        }
    }

    void close(bool abort) noexcept override
    {
        const allocation_truce truce;
        if (!std::exchange(peer_->closed_, true)) {
            peer_->aborted_ = abort;
            peer_->tell_reader();
            peer_->tell_writer();
        }
    }

private:
    const std::shared_ptr<scripted_peer> peer_;
};

std::unique_ptr<detail::byte_stream> scripted_peer::make_stream()
{
    return std::make_unique<stream>(shared_from_this());
}

void scripted_peer::send(std::string_view bytes)
{
    const allocation_truce truce;
    readable_ += bytes;
    tell_reader();
}

void scripted_peer::end(error_code how)
{
    const allocation_truce truce;
    end_ = how;
    tell_reader();
}

void scripted_peer::accept_only(std::size_t bytes, error_code failure)
{
    acceptable_ = bytes;
    write_failure_ = failure;
    if (bytes != 0 || failure) {
        tell_writer();
    }
}

void scripted_peer::look_for_request()
{
    if (!on_request) {
        return;
    }
    const std::string_view unseen = std::string_view{received_}.substr(looked_through_);
    const auto header_end = unseen.find("\r\n\r\n");
    if (header_end == std::string_view::npos) {
        return;
    }
    std::size_t size = header_end + 4;
    constexpr std::string_view length_name = "Content-Length: ";
    if (const auto found = unseen.find(length_name); found < header_end) {
        size += std::stoul(std::string{unseen.substr(found + length_name.size(), 20)});
    }
    if (unseen.size() < size) {
        return;
    }
    looked_through_ += size;
    asio::post(executor_, [self = shared_from_this(), request = std::string{unseen.substr(0, size)}] {
        const allocation_truce truce;
        self->on_request(*self, request);
    });
}

void scripted_peer::tell_reader()
{
    if (reader_) {
        asio::post(executor_, [waiting = std::exchange(reader_, nullptr), closed = closed_] {
            waiting->on_readable(closed ? error_code{asio::error::operation_aborted} : error_code{});
        });
    }
}

void scripted_peer::tell_writer()
{
    if (writer_) {
        asio::post(executor_, [waiting = std::exchange(writer_, nullptr), closed = closed_] {
            waiting->on_writable(closed ? error_code{asio::error::operation_aborted} : error_code{});
        });
    }
}

} // namespace sipher::test
