#include "http1/response_parser.hpp"

#include "base/printable_text.hpp"
#include "http1/response_header.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>

namespace sipher::detail {

namespace {

/// Bytes up to the end of the header; zero: incomplete. Only the last `fresh` bytes have not been searched before.
std::size_t size_of_header(std::string_view input, std::size_t fresh)
{
    constexpr std::string_view end = "\r\n\r\n";
    const std::size_t found = input.find(end, input.size() - std::min(input.size(), fresh + end.size() - 1));
    return found == std::string_view::npos ? 0 : found + end.size();
}

bool is_compressed(const response_head& head)
{
    return !head.content_encoding.empty() && !boost::beast::iequals(head.content_encoding, "identity");
}

} // namespace

void response_parser::clear() noexcept
{
    place_ = place::header;
    message_.clear();
    keeps_alive_ = false;
    header_size_ = 0;
    header_fields_ = 0;
    interim_responses_ = 0;
    was_accepted_ = false;
    head_.clear();
    for (wiped_buffer* const buffer : {&partial_, &body_}) {
        buffer->clear();
        buffer->release_unusual();
    }
}

void response_parser::start(bool expects_no_body, bool keep_fields)
{
    expects_no_body_ = expects_no_body;
    keep_fields_ = keep_fields;
}

std::size_t response_parser::put(std::string_view bytes)
{
    std::string_view input = bytes;
    const bool continued = !partial_.empty();
    if (continued) {
        partial_.append(bytes, limits_.header_size + bytes.size());
        input = partial_.view();
    }
    while (place_ == place::header && message_.empty() && take_header(input, bytes.size())) {
    }
    if (place_ == place::body && message_.empty()) {
        input.remove_prefix(body_reader_.put(input, body_));
        refuse(body_reader_.message());
    }
    const bool unfinished = place_ == place::header && message_.empty();
    const std::size_t left = unfinished ? 0 : input.size();
    if (continued) {
        partial_.keep_last(unfinished ? input.size() : 0);
    } else if (unfinished) {
        partial_.append(input, limits_.header_size);
    }
    return bytes.size() - left;
}

/// Whether another header may follow.
bool response_parser::take_header(std::string_view& input, std::size_t fresh)
{
    message_framing framing;
    std::size_t size = 0;
    if (partial_.empty() && !keep_fields_) {
        size = memo_.read(input, head_, framing);
    }
    const bool is_read = size != 0;
    if (!is_read) {
        head_.clear();
        size = size_of_header(input, fresh);
    }
    if (header_size_ + (size != 0 ? size : input.size()) > limits_.header_size) {
        refuse("its header is longer than limits.header_size");
        return false;
    }
    if (size == 0) {
        check_partial_header(input, fresh);
        return false;
    }
    if (!is_read) {
        framing = read_header(input.substr(0, size), head_, keep_fields_, limits_.header_fields - header_fields_);
    }
    header_size_ += size;
    header_fields_ += head_.field_count;
    if (!framing.message.empty()) {
        refuse(framing.message);
    } else if (header_fields_ > limits_.header_fields) {
        refuse("it has more fields than limits.header_fields");
    } else if (head_.status < 200) {
        take_interim();
    } else {
        if (!is_read && !keep_fields_) {
            memo_.remember(input.substr(0, size), framing);
        }
        begin_body(framing);
    }
    input.remove_prefix(size);
    return place_ == place::header && !input.empty();
}

/// Input that can never become an HTTP/1.1 response is rejected at once, because the sender may be waiting for more
/// from us.
void response_parser::check_partial_header(std::string_view input, std::size_t fresh)
{
    constexpr std::string_view beginning = "HTTP/1.";
    constexpr std::string_view tls_alert = "\x15\x03";
    if (!input.starts_with(beginning.substr(0, input.size()))) {
        refuse(input.starts_with(tls_alert) ? "it begins with an alert of TLS; is this a port for https?"
                                            : "it does not begin with HTTP/1.");
        return;
    }
    const std::size_t seen = input.size() - std::min(input.size(), fresh);
    for (auto at = input.find('\n', seen); at != std::string_view::npos; at = input.find('\n', at + 1)) {
        if (at == 0 || input[at - 1] != '\r') {
            refuse("a line of its header ends with a bare LF");
            return;
        }
    }
}

/// A no-op if `what` is empty.
void response_parser::refuse(std::string_view what)
{
    if (!what.empty()) {
        message_.assign("not an acceptable HTTP/1.1 response: ").append(what);
    }
}

void response_parser::take_interim()
{
    constexpr unsigned most_interim_responses = 32;
    if (head_.status == 101) {
        message_ = "the server switched to another protocol (101)";
    } else if (++interim_responses_ > most_interim_responses) {
        message_ = "the server sends one interim response after another";
    }
    was_accepted_ = was_accepted_ || head_.status > 100;
    head_.clear();
}

void response_parser::begin_body(const message_framing& framing)
{
    constexpr std::size_t most_trailer_bytes = 8192;
    place_ = place::body;
    head_.was_accepted = was_accepted_;
    if (expects_no_body_ || head_.status == 204 || head_.status == 304) {
        body_reader_.expect_nothing();
    } else if (framing.chunked) {
        body_reader_.expect_chunks(std::min<std::size_t>(most_trailer_bytes, limits_.header_size - header_size_),
                                   limits_.header_fields - header_fields_);
    } else if (framing.length) {
        body_reader_.expect_length(*framing.length);
    } else {
        body_reader_.expect_end_of_stream();
    }
    keeps_alive_ = framing.keeps_alive && !body_reader_.ends_with_stream();
    refuse(body_reader_.message());
    // Any other status already identifies the failure.
    if (head_.status < 300 && is_compressed(head_) && !body_reader_.is_complete()) {
        message_ = "the response is compressed (Content-Encoding: " + printable_text(head_.content_encoding, 40) +
                   "), which was not asked for";
    }
}

} // namespace sipher::detail
