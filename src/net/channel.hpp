#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sipher::detail {

/// The readiness that a step needs before it can be repeated.
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

    /// One step of the handshake; without TLS, done immediately.
    virtual channel_result handshake() = 0;
    /// `errc::tls_verify_failed`: the server aborted the handshake after our part of it; `handshake_message` says why.
    virtual channel_result read(void* to, std::size_t size) = 0;
    /// Done when the kernel has accepted every byte.
    virtual channel_result write(const void* from, std::size_t size) = 0;
    /// Announces the end of data to the peer, as far as possible without waiting.
    virtual void say_goodbye() noexcept = 0;

    /// Frees memory that the next exchange will allocate again.
    virtual void release_buffers() noexcept = 0;

    /// Holds bytes read from the stream but not yet returned by `read`, so the stream may not become readable for them.
    [[nodiscard]] virtual bool has_buffered() const noexcept = 0;
    /// Bytes on the wire that the kernel has accepted since the channel was made.
    [[nodiscard]] virtual std::uint64_t bytes_on_wire() const noexcept = 0;
    /// The failure of the handshake in words; empty if none.
    [[nodiscard]] virtual std::string handshake_message() const = 0;
    /// For example `TLSv1.3`; empty without TLS.
    [[nodiscard]] virtual const char* protocol() const noexcept = 0;
    /// The handshake resumed an earlier session.
    [[nodiscard]] virtual bool resumed() const noexcept = 0;

    [[nodiscard]] byte_stream& stream() noexcept { return *stream_; }

protected:
    explicit channel(std::unique_ptr<byte_stream> stream) noexcept : stream_(std::move(stream)) {}

    std::unique_ptr<byte_stream> stream_; // NOLINT: the derived classes are the two kinds of channel there are
};

[[nodiscard]] std::unique_ptr<channel> make_plain_channel(std::unique_ptr<byte_stream> stream);

/// The bytes carried by a channel as a stream, for TLS within TLS. Readiness is reported on `executor`.
[[nodiscard]] std::unique_ptr<byte_stream> make_channel_stream(std::unique_ptr<channel> outer,
                                                               boost::asio::any_io_executor executor);

} // namespace sipher::detail
