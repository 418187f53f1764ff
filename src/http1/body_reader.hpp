#pragma once

#include "base/wiped_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sipher::detail {

/// Reads the body of a response (RFC 9112, 6 and 7) in pieces of any size, and keeps only the body.
///
/// Parsing of chunk framing is strict where two parties could see different chunks, and bounded everywhere.
class body_reader {
public:
    /// @param most Maximum bytes of a body.
    explicit body_reader(std::uint64_t most) noexcept : most_(most) {}

    // Set the framing of the next response's body.
    void expect_nothing() noexcept { begin(place::end, 0); }
    void expect_length(std::uint64_t length) noexcept;
    void expect_end_of_stream() noexcept;
    /// @param trailer_size,trailer_fields Limits of the trailer after the last chunk.
    void expect_chunks(std::size_t trailer_size, std::size_t trailer_fields) noexcept;

    /// Appends the part of `input` that belongs to the body to `body`, and returns the number of bytes consumed.
    std::size_t put(std::string_view input, wiped_buffer& body);

    [[nodiscard]] bool is_complete() const noexcept { return place_ == place::end && message_.empty(); }
    [[nodiscard]] bool ends_with_stream() const noexcept { return ends_with_stream_; }
    /// Why the body cannot be read; empty if it can.
    [[nodiscard]] std::string_view message() const noexcept { return message_; }

private:
    /// What comes next.
    enum class place {
        data,
        data_cr,
        data_lf,
        size,
        space_after_size,
        extension,
        size_lf,
        trailer_line,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        end
    };

    void begin(place first, std::uint64_t left) noexcept;
    void refuse(std::string_view message) noexcept { message_ = message; }
    void go_on_if(bool expected, place next) noexcept;
    void take_data(std::string_view& input, wiped_buffer& body);
    void take_framing(char next, std::size_t body_size) noexcept;
    void take_size(char next) noexcept;
    void take_extension(char next) noexcept;
    void take_trailer(char next) noexcept;
    void end_size_line(std::size_t body_size) noexcept;

    const std::uint64_t most_;
    place place_ = place::end;
    bool chunked_ = false;
    bool ends_with_stream_ = false;
    /// Bytes left of the chunk, or of a body that is not chunked.
    std::uint64_t left_ = 0;
    /// The maximum size of the body, as far as known.
    std::uint64_t expected_ = 0;
    unsigned size_digits_ = 0;
    std::size_t extension_size_ = 0;
    std::size_t trailer_size_left_ = 0;
    std::size_t trailer_fields_left_ = 0;
    bool in_trailer_field_ = false;
    std::string_view message_;
};

} // namespace sipher::detail
