#pragma once

#include <sipher/config.hpp>

#include <boost/system/result.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace sipher {

/// The id of a session: `sess_` and 64 lower-case hexadecimal digits.
///
/// A value of 32 bytes that holds only well-formed ids, so a malformed one fails where it is parsed and never on the
/// wire. Copying it costs no allocation.
class SIPHER_API session_id {
public:
    /// The length of the written form.
    static constexpr std::size_t text_size = 69;

    /// 64 zeros: well-formed, but no session has it.
    session_id() noexcept = default;

    /// Parses the written form.
    /// @throws sipher::error with `errc::invalid_request`, outcome `not_sent`, when `text` is not a session id.
    explicit session_id(std::string_view text);

    /// As the constructor, without throwing: `errc::invalid_request` when `text` is not a session id.
    [[nodiscard]] static boost::system::result<session_id> parse(std::string_view text) noexcept;

    /// The written form, as the service uses it.
    [[nodiscard]] std::string to_string() const;

    /// The written form without an allocation.
    [[nodiscard]] std::array<char, text_size> to_chars() const noexcept;

    friend auto operator<=>(const session_id&, const session_id&) noexcept = default;

    /// Writes a short form (`sess_e00de789…`): enough to recognise an id in a log, not enough to use it.
    SIPHER_API friend std::ostream& operator<<(std::ostream& os, const session_id& id);

private:
    friend struct std::hash<session_id>;

    std::array<std::uint8_t, 32> bytes_{};
};

} // namespace sipher

template <>
struct std::hash<sipher::session_id> {
    std::size_t operator()(const sipher::session_id& id) const noexcept
    {
        // The service's ids are random, so any eight bytes of one are already a good hash.
        std::size_t value = 0;
        for (std::size_t i = 0; i < sizeof value; ++i) {
            value = (value << 8U) | id.bytes_[i];
        }
        return value;
    }
};
