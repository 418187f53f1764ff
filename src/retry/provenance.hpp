// Who made a response: what it proves depends on that.
#pragma once

namespace sipher::detail {

enum class provenance {
    /// There is no response.
    none,
    /// The service's application: complete JSON in its envelope.
    service,
    /// The HTTP server in front of the application, which refuses what it cannot read as a request.
    http_server,
    /// Somebody else: an edge, a gateway, a portal; also whatever is cut short or of another shape.
    intermediary,
};

} // namespace sipher::detail
