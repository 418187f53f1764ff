#include "errors/foreign_status.hpp"

#include <algorithm>
#include <array>

namespace sipher::detail {

namespace {

constexpr bool proves_nothing = false;
constexpr bool not_applied = true;
constexpr bool transient = true;
constexpr bool lasting = false;

/// When in doubt, a status proves nothing. "Edge" is Cloudflare's documentation of its 5xx errors; other vendors use
/// the same numbers.
constexpr std::array table{
    // A proxy's own timeout may have expired while the service was processing the request.
    foreign_status{408, proves_nothing, transient},
    // RFC 9110, 15.5.20: refused by a server not responsible for it; may be repeated on another connection.
    foreign_status{421, not_applied, transient},
    // RFC 8470, 5.2: refused without being processed.
    foreign_status{425, not_applied, transient},
    // RFC 6585, 4 does not say that the request was not processed.
    foreign_status{429, proves_nothing, transient, true},
    // RFC 9110, 15.6.3 to 15.6.5: a gateway's report about a server behind it, which may have been reached.
    foreign_status{502, proves_nothing, transient},
    foreign_status{503, proves_nothing, transient, true},
    foreign_status{504, proves_nothing, transient},
    // RFC 6585, 6: from a network that requires a login before forwarding requests.
    foreign_status{511, not_applied, lasting},
    // Edge: the origin's response was not understood by the edge.
    foreign_status{520, proves_nothing, transient},
    // Edge: the origin refused the connection.
    foreign_status{521, not_applied, transient},
    // Edge: no connection, or a connection and no acknowledgement in time.
    foreign_status{522, proves_nothing, transient},
    // Edge: no route to the origin.
    foreign_status{523, not_applied, transient},
    // Edge: connected, but no response in time.
    foreign_status{524, proves_nothing, transient},
    // Edge: no TLS handshake with the origin, or a certificate that the edge does not accept.
    foreign_status{525, not_applied, transient},
    foreign_status{526, not_applied, transient},
    // Edge: a failure between two of its own components (no longer used).
    foreign_status{527, proves_nothing, transient},
    // Used by several for "overloaded".
    foreign_status{529, proves_nothing, transient, true},
    // Edge: any of its errors of the form 1xxx.
    foreign_status{530, proves_nothing, transient},
};

} // namespace

foreign_status read_foreign_status(unsigned status) noexcept
{
    const auto* const row = std::ranges::find(table, status, &foreign_status::status);
    return row != table.end() ? *row : foreign_status{status, proves_nothing, lasting};
}

} // namespace sipher::detail
