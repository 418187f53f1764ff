#include "tls/stream_bio.hpp"

#include <boost/asio/error.hpp>

#include <new>

namespace sipher::detail {

namespace {

bool must_wait(const boost::system::error_code& failure)
{
    return failure == boost::asio::error::would_block || failure == boost::asio::error::try_again;
}

stream_bio_state& state_of(BIO* bio)
{
    return *static_cast<stream_bio_state*>(BIO_get_data(bio));
}

int read_bytes(BIO* bio, char* to, std::size_t size, std::size_t* bytes)
{
    stream_bio_state& state = state_of(bio);
    BIO_clear_retry_flags(bio);
    const io_result result = state.stream->read_some(to, size);
    *bytes = result.bytes;
    if (must_wait(result.failure)) {
        BIO_set_retry_read(bio);
        return 0;
    }
    state.failure = result.failure;
    return result.failure ? 0 : 1;
}

int write_bytes(BIO* bio, const char* from, std::size_t size, std::size_t* bytes)
{
    stream_bio_state& state = state_of(bio);
    BIO_clear_retry_flags(bio);
    const io_result result = state.stream->write_some(from, size);
    *bytes = result.bytes;
    state.accepted += result.bytes;
    if (must_wait(result.failure)) {
        BIO_set_retry_write(bio);
        return 0;
    }
    state.failure = result.failure;
    return result.failure ? 0 : 1;
}

long control(BIO*, int command, long, void*)
{
    // Every write goes to the kernel immediately, so there is never anything to flush.
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

} // namespace

bio_method_ptr make_stream_bio_method()
{
    bio_method_ptr method{BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sipher stream")};
    if (!method) {
        throw std::bad_alloc{};
    }
    BIO_meth_set_read_ex(method.get(), read_bytes);
    BIO_meth_set_write_ex(method.get(), write_bytes);
    BIO_meth_set_ctrl(method.get(), control);
    BIO_meth_set_create(method.get(), create);
    return method;
}

bio_ptr make_stream_bio(const BIO_METHOD* method, stream_bio_state& state)
{
    bio_ptr bio{BIO_new(method)};
    if (!bio) {
        throw std::bad_alloc{};
    }
    BIO_set_data(bio.get(), &state);
    return bio;
}

} // namespace sipher::detail
