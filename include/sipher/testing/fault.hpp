#pragma once

#include <sipher/config.hpp>
#include <sipher/response_info.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace sipher::testing {

/// One thing that goes wrong with one request to the sandbox. Faults are used up in the order in which they were
/// added, one a request; requests beyond them get proper responses.
struct SIPHER_API fault {
    fault() = default;

    /// Waits before anything is done with the request. Zero: not at all.
    [[nodiscard]] static fault delay(std::chrono::milliseconds by);
    /// Responds with this status, header and body instead of acting on the request (502 of a gateway, 429, …).
    [[nodiscard]] static fault respond(unsigned status, std::string body, header_list headers = {});
    /// Acts on the request, then sends `bytes` of the response (header and body) and ends the connection: a bare FIN,
    /// or an RST if `reset`.
    [[nodiscard]] static fault cut_response(std::size_t bytes, bool reset = false);
    /// Ends the connection without acting on the request: a bare FIN, or an RST if `reset`.
    [[nodiscard]] static fault drop_request(bool reset = false);
    /// Acts on the request, then sends these bytes as they are instead of the response, and ends the connection.
    [[nodiscard]] static fault raw_response(std::string bytes);
    /// Acts on the request and never responds; the connection stays open.
    [[nodiscard]] static fault silence();
    /// Acts on the request and responds with a header field replaced or added.
    [[nodiscard]] static fault with_header(std::string name, std::string value);
    /// Acts on the request, but responds with this status, header and body instead.
    [[nodiscard]] static fault act_but_respond(unsigned status, std::string body, header_list headers = {});

    /// Responses that do not come from the service but from something between it and the client. What each of them
    /// means for the caller does not depend on whether the service acted on the request, because the client cannot
    /// see that; the sandbox's ledger and counters show whether it did. With `act`, the request is passed on to the
    /// service and takes effect, and its own response is replaced; without, the service never sees the request. None
    /// of them has the service's header fields or its envelope.

    /// Any response of a gateway, a load balancer or a default backend, such as
    /// `foreign_page(404, "text/plain", "default backend - 404")`. `content_type` empty: as the body looks.
    [[nodiscard]] static fault foreign_page(unsigned status, std::string content_type, std::string body,
                                            bool act = false);
    /// `200 text/html` with a page to log in at, whatever is asked: a captive portal, or a web application at an
    /// address that is not the API's.
    [[nodiscard]] static fault captive_portal(bool act = false);
    /// A page of a content delivery network about an origin that did not do its part: 502, 504, 520 to 527, 530, as
    /// Cloudflare sends them (`Server: cloudflare`, `CF-RAY`, HTML).
    [[nodiscard]] static fault edge_error(unsigned status, bool act = false);
    /// A page of a content delivery network that wants to see a browser: 403 with `cf-mitigated: challenge`.
    [[nodiscard]] static fault challenge(bool act = false);

    /// Members that the functions above set; they can be combined.
    std::chrono::milliseconds wait{};
    bool act = true;
    std::optional<unsigned> status;
    std::optional<std::string> body;
    header_list headers;
    std::optional<std::string> raw;
    std::optional<std::size_t> cut_after;
    bool reset = false;
    bool silent = false;
};

static_assert(!std::is_aggregate_v<fault>);

} // namespace sipher::testing
