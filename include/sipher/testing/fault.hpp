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

/// One failure of one request to the sandbox. Faults are consumed in the order in which they were added, one per
/// request; later requests get proper responses.
struct SIPHER_API fault {
    fault() = default;

    /// Waits before processing the request. Zero: no wait.
    [[nodiscard]] static fault delay(std::chrono::milliseconds milliseconds);
    /// Responds with this status, header and body instead of acting on the request (502 of a gateway, 429, …).
    [[nodiscard]] static fault respond(unsigned status, std::string body = {}, header_list headers = {});
    /// Acts on the request, then sends `bytes` of the response (header and body) and ends the connection: a bare FIN,
    /// or an RST if `reset`.
    [[nodiscard]] static fault cut_response(std::size_t bytes, bool reset = false);
    /// Ends the connection without acting on the request: a bare FIN, or an RST if `reset`.
    [[nodiscard]] static fault drop_request(bool reset = false);
    /// Acts on the request, then sends these raw bytes instead of the response, and ends the connection.
    [[nodiscard]] static fault raw_response(std::string bytes);
    /// Acts on the request and never responds; the connection stays open.
    [[nodiscard]] static fault silence();
    /// Acts on the request and responds with a header field replaced or added.
    [[nodiscard]] static fault with_header(std::string name, std::string value);
    /// Acts on the request, but responds with this status, header and body instead.
    [[nodiscard]] static fault act_but_respond(unsigned status, std::string body = {}, header_list headers = {});

    /// Responses from an intermediary between the service and the client. Their meaning for the caller does not depend
    /// on whether the service acted on the request, because the client cannot see that; the sandbox's ledger and
    /// counters show whether it did. With `act`, the request is passed on to the service and takes effect, and its
    /// response is replaced; without, the service never sees the request. None of these responses has the service's
    /// header fields or envelope.

    /// Any response of a gateway, a load balancer or a default backend, such as
    /// `foreign_page(404, "text/plain", "default backend - 404")`. `content_type` empty: derived from the body.
    [[nodiscard]] static fault foreign_page(unsigned status, std::string content_type = {}, std::string body = {},
                                            bool act = false);
    /// `200 text/html` with a login page, whatever the request: a captive portal, or a web application at an address
    /// other than the API's.
    [[nodiscard]] static fault captive_portal(bool act = false);
    /// A content delivery network's page about a failed origin: 502, 504, 520 to 527, 530, as Cloudflare sends them
    /// (`Server: cloudflare`, `CF-RAY`, HTML).
    [[nodiscard]] static fault edge_error(unsigned status, bool act = false);
    /// A content delivery network's browser challenge: 403 with `cf-mitigated: challenge`.
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
