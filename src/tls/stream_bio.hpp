#pragma once

#include "net/byte_stream.hpp"
#include "tls/openssl_handle.hpp"

#include <cstdint>

namespace sipher::detail {

/// The stream that OpenSSL reads and writes, unbuffered. It counts the bytes that the kernel accepts, because they
/// decide what a failed request may have changed.
struct stream_bio_state {
    byte_stream* stream = nullptr;
    std::uint64_t accepted = 0;
    boost::system::error_code failure;
};

[[nodiscard]] bio_method_ptr make_stream_bio_method();

/// `state` must live as long as the BIO.
[[nodiscard]] bio_ptr make_stream_bio(const BIO_METHOD* method, stream_bio_state& state);

} // namespace sipher::detail
