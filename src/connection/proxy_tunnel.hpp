#pragma once

#include "connection/byte_stream.hpp"
#include "connection/channel.hpp"
#include "connection/response_parser.hpp"
#include "values/base_url.hpp"
#include "values/proxy.hpp"

#include <boost/system/error_code.hpp>

#include <cstddef>
#include <string>

namespace sipher::detail {

/// Asks a proxy to connect to the server (RFC 9110, 9.3.6). Once it is done, what is sent on the stream arrives there.
class proxy_tunnel {
public:
    proxy_tunnel(byte_stream& stream, const proxy_route& proxy, const base_url& server, const limit_options& limits);
    proxy_tunnel(const proxy_tunnel&) = delete;
    proxy_tunnel& operator=(const proxy_tunnel&) = delete;
    ~proxy_tunnel();

    /// One step, as of a channel's handshake.
    [[nodiscard]] channel_result advance();

    /// What failed, in words.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    /// Another try would end the same way.
    [[nodiscard]] bool is_permanent() const noexcept { return permanent_; }

private:
    [[nodiscard]] channel_result write_request();
    [[nodiscard]] channel_result read_answer();
    [[nodiscard]] channel_result judge(bool nothing_follows);
    [[nodiscard]] channel_result fail(std::string problem, bool permanent);

    byte_stream& stream_;
    const std::string proxy_name_;
    /// Holds the password.
    std::string request_;
    std::size_t written_ = 0;
    response_parser parser_;
    std::string problem_;
    bool permanent_ = false;
};

} // namespace sipher::detail
