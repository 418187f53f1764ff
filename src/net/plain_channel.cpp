#include "net/channel.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace sipher::detail {

namespace {

class plain_channel final : public channel {
public:
    explicit plain_channel(std::unique_ptr<byte_stream> stream) : channel(std::move(stream)) {}

    channel_result handshake() override { return {}; }

    channel_result read(void* to, std::size_t size) override
    {
        const io_result result = stream_->read_some(to, size);
        return translate(result.bytes, result.failure, io_interest::readable);
    }

    channel_result write(const void* from, std::size_t size) override
    {
        // A repeated call has the same bytes, some of which were already sent.
        while (written_ < size) {
            const io_result result = stream_->write_some(static_cast<const char*>(from) + written_, size - written_);
            if (result.failure) {
                return translate(0, result.failure, io_interest::writable);
            }
            written_ += result.bytes;
            total_ += result.bytes;
        }
        written_ = 0;
        return translate(size, {}, io_interest::nothing);
    }

    void say_goodbye() noexcept override {}
    void release_buffers() noexcept override {}
    [[nodiscard]] bool has_buffered() const noexcept override { return false; }
    [[nodiscard]] std::uint64_t bytes_on_wire() const noexcept override { return total_; }
    [[nodiscard]] std::string handshake_message() const override { return {}; }
    [[nodiscard]] const char* protocol() const noexcept override { return ""; }
    [[nodiscard]] bool resumed() const noexcept override { return false; }

private:
    static channel_result translate(std::size_t bytes, boost::system::error_code failure, io_interest otherwise)
    {
        channel_result result;
        result.bytes = bytes;
        if (failure == boost::asio::error::would_block || failure == boost::asio::error::try_again) {
            result.wants = otherwise;
        } else {
            result.failure = failure;
        }
        return result;
    }

    std::size_t written_ = 0;
    std::uint64_t total_ = 0;
};

} // namespace

std::unique_ptr<channel> make_plain_channel(std::unique_ptr<byte_stream> stream)
{
    return std::make_unique<plain_channel>(std::move(stream));
}

} // namespace sipher::detail
