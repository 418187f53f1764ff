#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace sipher::test {

/// What stands between the client and the service.
struct nginx_options {
    nginx_options() = default;

    /// Where requests are passed on to, on this machine.
    std::uint16_t upstream_port = 0;
    bool upstream_tls = true;
    /// More directives for the blocks `http`, `server` and `location /`.
    std::string http;
    std::string server;
    std::string location;
};

/// A real nginx as a reverse proxy on this machine, with TLS towards the client: a process of its own, with all its
/// files in a folder of its own. Unless configured otherwise it never repeats a request by itself.
class nginx_proxy {
public:
    /// Takes connections when the constructor returns, as it does after `start`.
    /// @throws std::runtime_error with what nginx says when it does not start
    explicit nginx_proxy(nginx_options options);
    nginx_proxy(const nginx_proxy&) = delete;
    nginx_proxy& operator=(const nginx_proxy&) = delete;
    ~nginx_proxy();

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::string base_url() const;
    /// The authority that signed its certificate, in PEM.
    [[nodiscard]] const std::string& ca_pem() const noexcept { return ca_pem_; }
    /// What it wrote into its error log.
    [[nodiscard]] std::string log() const;

    /// Ends it as `systemctl stop` does: requests under way are not finished.
    void stop();
    /// Ends it without a chance to do anything about it.
    void kill();
    void start();
    /// Lets new processes take over; the old ones finish what they are at.
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
    /// Of the master process; 0: none runs.
    pid_t process_ = 0;
};

} // namespace sipher::test
