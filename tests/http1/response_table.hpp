#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sipher::test {

/// One response as it comes over the wire, and what is right for it.
struct response_row {
    enum class result {
        /// Complete by its framing.
        accepted,
        /// Complete once the stream ends.
        ends_with_stream,
        /// Complete and sound so far, but more has to come.
        incomplete,
        /// Not acceptable, and known to be so without the end of the stream.
        refused
    };

    std::string_view name;
    result expected = result::accepted;
    /// Interim responses included. Of a response to be refused: all of it.
    std::string header;
    /// The body in its framing.
    std::string framed;
    /// Zero: not known yet.
    unsigned status = 200;
    std::string body;
    bool reusable = true;
    bool is_to_head = false;
    /// Bytes that come after it.
    std::string extra;
};

/// The rows, by what is right for them.
std::vector<response_row> acceptable_responses();
std::vector<response_row> incomplete_responses();
std::vector<response_row> refused_responses();

} // namespace sipher::test
