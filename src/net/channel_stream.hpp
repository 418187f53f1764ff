#pragma once

#include "net/byte_stream.hpp"
#include "net/channel.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace sipher::detail {

/// What a channel carries as a stream, for TLS within TLS. `executor` is where it tells its readiness.
[[nodiscard]] std::unique_ptr<byte_stream> make_channel_stream(std::unique_ptr<channel> outer,
                                                               boost::asio::any_io_executor executor);

} // namespace sipher::detail
