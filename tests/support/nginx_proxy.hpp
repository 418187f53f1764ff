#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace sipher::test {

/// Configuration of the proxy between the client and the service.
struct nginx_options {
    nginx_options() = default;

    /// The local port to which requests are forwarded.
    std::uint16_t upstream_port = 0;
    bool upstream_tls = true;
    /// Additional directives for the blocks `http`, `server` and `location /`.
    std::string http;
    std::string server;
    std::string location;
};

/// A real nginx as a reverse proxy on this machine, with TLS towards the client: a separate process with its own folder
/// for all files. By default it never repeats a request by itself.
class nginx_proxy {
public:
    /// Accepts connections when the constructor or `start` returns.
    /// @throws std::runtime_error with nginx's message if it does not start
    explicit nginx_proxy(nginx_options options);
    nginx_proxy(const nginx_proxy&) = delete;
    nginx_proxy& operator=(const nginx_proxy&) = delete;
    ~nginx_proxy();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string base_url() const;
    /// The authority that signed its certificate, in PEM.
    [[nodiscard]] const std::string& ca_pem() const noexcept { return ca_pem_; }
    /// The content of its error log.
    [[nodiscard]] std::string log() const;

    /// Ends it as `systemctl stop` does: requests in progress are not completed.
    void stop();
    /// Ends it without a chance to clean up.
    void kill();
    void start();
    /// Starts new worker processes; the old ones finish their requests.
    void reload();

private:
    [[nodiscard]] std::string configuration() const;
    void spawn();
    void wait_until_ready();
    [[nodiscard]] bool has_ended();
    void throw_log(const char* what) const;

    const nginx_options options_;
    const std::filesystem::path folder_;
    const std::uint16_t port_;
    std::string ca_pem_;
    /// Id of the master process; 0: not running.
    pid_t process_ = 0;
};

} // namespace sipher::test
