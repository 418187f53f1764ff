// The source of a response, which decides what it proves.
#pragma once

namespace sipher::detail {

enum class provenance {
    /// There is no response.
    none,
    /// The service's application: complete JSON in its envelope.
    service,
    /// The HTTP server in front of the application, which refuses input that it cannot read as a request.
    http_server,
    /// Any other source: an edge, a gateway, a portal; also any truncated or differently shaped response.
    intermediary,
};

} // namespace sipher::detail
