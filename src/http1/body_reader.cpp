#include "http1/body_reader.hpp"

#include "base/field_syntax.hpp"

#include <algorithm>
#include <limits>

namespace sipher::detail {

namespace {

constexpr std::string_view too_large = "its body is larger than limits.body_size";
constexpr std::string_view bad_chunk = "a chunk is malformed";
constexpr std::string_view bad_trailer = "its trailer is malformed";

/// -1: none.
int hexadecimal_digit(char each)
{
    constexpr int ten = 10;
    const char lower = static_cast<char>(each | 0x20);
    if (each >= '0' && each <= '9') {
        return each - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + ten : -1;
}

} // namespace

void body_reader::begin(place first, std::uint64_t left) noexcept
{
    place_ = first;
    left_ = left;
    expected_ = most_;
    chunked_ = false;
    ends_with_stream_ = false;
    message_ = {};
}

void body_reader::expect_length(std::uint64_t length) noexcept
{
    begin(length != 0 ? place::data : place::end, length);
    expected_ = length;
    if (length > most_) {
        refuse(too_large);
    }
}

void body_reader::expect_end_of_stream() noexcept
{
    begin(place::data, std::numeric_limits<std::uint64_t>::max());
    ends_with_stream_ = true;
}

void body_reader::expect_chunks(std::size_t trailer_size, std::size_t trailer_fields) noexcept
{
    begin(place::size, 0);
    chunked_ = true;
    size_digits_ = 0;
    extension_size_ = 0;
    // The empty line at its end exists even without a trailer.
    trailer_size_left_ = trailer_size + 2;
    trailer_fields_left_ = trailer_fields;
    in_trailer_field_ = false;
}

std::size_t body_reader::put(std::string_view input, wiped_buffer& body)
{
    const std::size_t size = input.size();
    while (!input.empty() && !is_complete() && message_.empty()) {
        if (place_ == place::data) {
            take_data(input, body);
        } else {
            take_framing(input.front(), body.size());
            input.remove_prefix(1);
        }
    }
    return size - input.size();
}

void body_reader::take_data(std::string_view& input, wiped_buffer& body)
{
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    if (count > most_ - body.size()) {
        refuse(too_large);
        return;
    }
    body.append(input.substr(0, count), expected_);
    input.remove_prefix(count);
    left_ -= count;
    if (left_ == 0) {
        place_ = chunked_ ? place::data_cr : place::end;
    }
}

void body_reader::go_on_if(bool expected, place next) noexcept
{
    if (expected) {
        place_ = next;
    } else {
        refuse(bad_chunk);
    }
}

void body_reader::take_framing(char next, std::size_t body_size) noexcept
{
    switch (place_) {
    case place::data_cr: go_on_if(next == '\r', place::data_lf); break;
    case place::data_lf: go_on_if(next == '\n', place::size); break;
    case place::size: take_size(next); break;
    case place::space_after_size:
    case place::extension: take_extension(next); break;
    case place::size_lf:
        if (next == '\n') {
            end_size_line(body_size);
        } else {
            refuse(bad_chunk);
        }
        break;
    default: take_trailer(next); break;
    }
}

void body_reader::take_size(char next) noexcept
{
    constexpr unsigned most_digits = 16;
    const int digit = hexadecimal_digit(next);
    if (digit < 0) {
        if (size_digits_ == 0) {
            refuse(bad_chunk);
        } else {
            place_ = place::space_after_size;
            take_extension(next);
        }
    } else if (++size_digits_ > most_digits) {
        refuse("a chunk's size has more than 16 digits");
    } else {
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    }
}

/// Extensions are ignored; spaces after the size are accepted, as in other clients.
void body_reader::take_extension(char next) noexcept
{
    constexpr std::size_t most_extensions = 4096;
    if (next == '\r') {
        place_ = place::size_lf;
        return;
    }
    const bool spaces_only = place_ == place::space_after_size;
    if (spaces_only && next == ';') {
        place_ = place::extension;
    } else if (spaces_only ? next != ' ' && next != '\t' : is_control_character(next)) {
        refuse(bad_chunk);
    }
    if (++extension_size_ > most_extensions) {
        refuse("its chunk extensions are too long");
    }
}

void body_reader::end_size_line(std::size_t body_size) noexcept
{
    size_digits_ = 0;
    if (left_ > most_ - body_size) {
        refuse(too_large);
    }
    place_ = left_ != 0 ? place::data : place::trailer_line;
}

/// Trailer fields are counted and ignored.
void body_reader::take_trailer(char next) noexcept
{
    if (trailer_size_left_-- == 0) {
        refuse("its trailer is too long");
        return;
    }
    bool expected = false;
    switch (place_) {
    case place::trailer_line:
        if (next == '\r') {
            expected = true;
            place_ = place::last_lf;
        } else if (is_token_character(next)) {
            expected = trailer_fields_left_ != 0;
            trailer_fields_left_ -= expected ? 1 : 0;
            place_ = place::trailer_name;
        } else {
            expected = in_trailer_field_ && (next == ' ' || next == '\t');
            place_ = place::trailer_value;
        }
        break;
    case place::trailer_name:
        expected = next == ':' || is_token_character(next);
        place_ = next == ':' ? place::trailer_value : place_;
        in_trailer_field_ = true;
        break;
    case place::trailer_value:
        expected = next == '\r' || !is_control_character(next);
        place_ = next == '\r' ? place::trailer_lf : place_;
        break;
    default:
        expected = next == '\n';
        place_ = place_ == place::last_lf ? place::end : place::trailer_line;
        break;
    }
    if (!expected) {
        refuse(bad_trailer);
    }
}

} // namespace sipher::detail
