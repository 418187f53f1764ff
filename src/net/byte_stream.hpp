#pragma once

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace sipher::detail {

/// Notified when a stream can be read or written again.
class readiness_listener {
public:
    virtual void on_readable(boost::system::error_code failure) = 0;
    virtual void on_writable(boost::system::error_code failure) = 0;

protected:
    ~readiness_listener() = default;
};

struct io_result {
    std::size_t bytes = 0;
    /// `asio::error::would_block` if no progress is possible now, `asio::error::eof` at the end.
    boost::system::error_code failure;
};

/// A connected, non-blocking stream of bytes: TCP, or a script in tests.
///
/// It reports readiness instead of completing operations, so that the kernel never owns our buffers: a stream can be
/// closed at any moment, watching an idle connection needs no buffer, and `write_some` returns exactly what the kernel
/// accepted.
class byte_stream {
public:
    byte_stream() = default;
    byte_stream(const byte_stream&) = delete;
    byte_stream& operator=(const byte_stream&) = delete;
    virtual ~byte_stream() = default;

    virtual io_result read_some(void* to, std::size_t size) = 0;
    /// Whether a read would return now: bytes, the end or a failure.
    [[nodiscard]] virtual bool has_input() = 0;
    virtual io_result write_some(const void* from, std::size_t size) = 0;
    /// At most one wait of each kind is outstanding. `listener` is kept alive until it is called; closing calls it with
    /// `operation_aborted`.
    virtual void wait_readable(std::shared_ptr<readiness_listener> listener) = 0;
    virtual void wait_writable(std::shared_ptr<readiness_listener> listener) = 0;
    /// `abort`: discards unsent data, so that none of it can still arrive.
    virtual void close(bool abort) noexcept = 0;

    /// It was opened by the parent of this forked process, which continues to use it.
    [[nodiscard]] virtual bool is_inherited() const noexcept { return false; }
};

} // namespace sipher::detail
