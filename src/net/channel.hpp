#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sipher::detail {

/// What a step needs before it can be repeated.
enum class io_interest { nothing, readable, writable };

struct channel_result {
    std::size_t bytes = 0;
    io_interest wants = io_interest::nothing;
    boost::system::error_code failure;

    [[nodiscard]] bool done() const noexcept { return wants == io_interest::nothing && !failure; }
};

/// Application bytes over a stream, with TLS or without.
///
/// Not thread-safe; the connection guards it. `write` must be repeated with the same bytes until it is done.
class channel {
public:
    channel() = default;
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;
    virtual ~channel() = default;

    /// One step of the handshake; done at once without TLS.
    virtual channel_result handshake() = 0;
    /// `errc::tls_verify_failed`: the server broke off the handshake after our part of it; `handshake_message` says
    /// why.
    virtual channel_result read(void* to, std::size_t size) = 0;
    /// Done when the kernel has accepted every byte.
    virtual channel_result write(const void* from, std::size_t size) = 0;
    /// Tells the peer that nothing more comes, as far as that is possible without waiting.
    virtual void say_goodbye() noexcept = 0;

    /// Gives back memory that the next exchange will need again.
    virtual void release_buffers() noexcept = 0;

    /// Bytes were taken from the stream that no `read` has returned, so the stream may not become readable for them.
    [[nodiscard]] virtual bool has_buffered() const noexcept = 0;
    /// Bytes that the kernel has accepted since the channel was made, as they are on the wire.
    [[nodiscard]] virtual std::uint64_t bytes_on_wire() const noexcept = 0;
    /// What failed in the handshake, in words; empty if nothing did.
    [[nodiscard]] virtual std::string handshake_message() const = 0;
    /// Such as `TLSv1.3`; empty without TLS.
    [[nodiscard]] virtual const char* protocol() const noexcept = 0;
    /// The handshake resumed an earlier session.
    [[nodiscard]] virtual bool resumed() const noexcept = 0;

    [[nodiscard]] byte_stream& stream() noexcept { return *stream_; }

protected:
    explicit channel(std::unique_ptr<byte_stream> stream) noexcept : stream_(std::move(stream)) {}

    std::unique_ptr<byte_stream> stream_; // NOLINT: the derived classes are the two kinds of channel there are
};

[[nodiscard]] std::unique_ptr<channel> make_plain_channel(std::unique_ptr<byte_stream> stream);

/// What a channel carries as a stream, for TLS within TLS. `executor` is where it tells its readiness.
[[nodiscard]] std::unique_ptr<byte_stream> make_channel_stream(std::unique_ptr<channel> outer,
                                                               boost::asio::any_io_executor executor);

} // namespace sipher::detail
