#include "net/channel.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace sipher::detail {

namespace {

/// At most one TLS record is written at a time: until the kernel has accepted all of it, the peer can read none of it,
/// and nothing counts as written.
constexpr std::size_t longest_record = 16 * 1024;

class channel_stream final : public byte_stream {
public:
    channel_stream(std::unique_ptr<channel> outer, boost::asio::any_io_executor executor)
        : outer_(std::move(outer)), executor_(std::move(executor))
    {
    }
    ~channel_stream() override { close(false); }

    io_result read_some(void* to, std::size_t size) override
    {
        const io_result result = translate(outer_->read(to, size));
        may_have_more_ = !result.failure;
        return result;
    }

    [[nodiscard]] bool has_input() override
    {
        return (may_have_more_ && outer_->has_buffered()) || outer_->stream().has_input();
    }

    io_result write_some(const void* from, std::size_t size) override
    {
        return translate(outer_->write(from, std::min(size, longest_record)));
    }

    void wait_readable(std::shared_ptr<readiness_listener> listener) override
    {
        if (may_have_more_ && outer_->has_buffered()) {
            boost::asio::post(executor_, [listener = std::move(listener)] { listener->on_readable({}); });
        } else {
            outer_->stream().wait_readable(std::move(listener));
        }
    }

    void wait_writable(std::shared_ptr<readiness_listener> listener) override
    {
        outer_->stream().wait_writable(std::move(listener));
    }

    void close(bool abort) noexcept override
    {
        if (!std::exchange(closed_, true) && !abort) {
            outer_->say_goodbye();
        }
        outer_->stream().close(abort);
    }

    [[nodiscard]] bool is_inherited() const noexcept override { return outer_->stream().is_inherited(); }

private:
    static io_result translate(const channel_result& step)
    {
        const bool must_wait = step.wants != io_interest::nothing;
        return {step.bytes, must_wait ? boost::asio::error::would_block : step.failure};
    }

    const std::unique_ptr<channel> outer_;
    const boost::asio::any_io_executor executor_;
    /// The last read did not end because of missing bytes.
    bool may_have_more_ = true;
    bool closed_ = false;
};

} // namespace

std::unique_ptr<byte_stream> make_channel_stream(std::unique_ptr<channel> outer, boost::asio::any_io_executor executor)
{
    return std::make_unique<channel_stream>(std::move(outer), std::move(executor));
}

} // namespace sipher::detail
