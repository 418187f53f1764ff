#include "support/nginx_proxy.hpp"

#include "sandbox/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sipher::test {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
namespace asio = boost::asio;

namespace {

constexpr auto patience = 10s;

std::filesystem::path make_folder()
{
    std::string name = (std::filesystem::temp_directory_path() / "sipher-nginx-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error{errno, std::generic_category(), "mkdtemp"};
    }
    return name;
}

void write_file(const std::filesystem::path& where, const std::string& text)
{
    std::ofstream{where, std::ios::binary} << text;
}

/// A free port outside the system's ephemeral range, so that nginx finds it free again after each restart.
std::uint16_t choose_port()
{
    std::random_device random;
    std::uniform_int_distribution<unsigned> pick{10'240, 32'000};
    asio::io_context context;
    for (;;) {
        const auto port = static_cast<std::uint16_t>(pick(random));
        boost::system::error_code taken;
        tcp::acceptor acceptor{context, tcp::v4()};
        acceptor.bind({asio::ip::address_v4::loopback(), port}, taken);
        if (!taken) {
            return port;
        }
    }
}

bool takes_connections(std::uint16_t port)
{
    asio::io_context context;
    tcp::socket socket{context};
    boost::system::error_code refused;
    socket.connect({asio::ip::address_v4::loopback(), port}, refused);
    return !refused;
}

/// The pause between two polls of another process.
void pause_briefly()
{
    ::poll(nullptr, 0, 2);
}

template <class Condition>
bool comes_true(Condition condition)
{
    const auto give_up = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > give_up) {
            return false;
        }
        pause_briefly();
    }
    return true;
}

} // namespace

nginx_proxy::nginx_proxy(nginx_options options)
    : options_(std::move(options)), folder_(make_folder()), port_(choose_port())
{
    // The workers of a killed master become our children, so that we know when they have ended.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const testing::detail::pem_pair authority = testing::detail::make_authority("nginx test authority");
    const testing::detail::pem_pair identity = testing::detail::issue(authority, {});
    ca_pem_ = authority.certificate;
    write_file(folder_ / "certificate.pem", identity.certificate);
    write_file(folder_ / "key.pem", identity.private_key);
    write_file(folder_ / "nginx.conf", configuration());
    start();
}

nginx_proxy::~nginx_proxy()
{
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string nginx_proxy::base_url() const
{
    return "https://localhost:" + std::to_string(port_);
}

std::string nginx_proxy::log() const
{
    std::ifstream file{folder_ / "error.log", std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::string nginx_proxy::configuration() const
{
    // Started by root, it would drop its privileges and could not read its own folder.
    const std::string user = ::geteuid() == 0 ? "user root;\n" : "";
    std::string temporary;
    for (const std::string name : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
        temporary += "  " + name + "_temp_path " + (folder_ / name).string() + ";\n";
    }
    return user + "daemon off;\nworker_processes 1;\nworker_shutdown_timeout 1s;\npid " +
           (folder_ / "nginx.pid").string() + ";\nerror_log " + (folder_ / "error.log").string() +
           " notice;\nevents { worker_connections 512; }\nhttp {\n  access_log off;\n" + temporary +
           "  proxy_http_version 1.1;\n  proxy_next_upstream off;\n  proxy_connect_timeout 1s;\n"
           "  proxy_read_timeout 1s;\n  proxy_send_timeout 1s;\n" +
           options_.http + "\n  upstream service { server 127.0.0.1:" + std::to_string(options_.upstream_port) +
           "; keepalive 16; keepalive_timeout 2s; }\n  server {\n    listen 127.0.0.1:" + std::to_string(port_) +
           " ssl;\n    ssl_certificate " + (folder_ / "certificate.pem").string() + ";\n    ssl_certificate_key " +
           (folder_ / "key.pem").string() + ";\n" + options_.server + "\n    location / {\n      proxy_pass " +
           (options_.upstream_tls ? "https" : "http") +
           "://service;\n      proxy_set_header Host $host;\n      proxy_set_header Connection \"\";\n" +
           options_.location + "\n    }\n  }\n}\n";
}

void nginx_proxy::start()
{
    if (process_ == 0) {
        spawn();
        wait_until_ready();
    }
}

void nginx_proxy::spawn()
{
    const std::string configuration_file = (folder_ / "nginx.conf").string();
    const std::string log_file = (folder_ / "error.log").string();
    const std::string prefix = folder_.string();
    const std::array<const char*, 8> arguments{
        SIPHER_NGINX_PROGRAM, "-p", prefix.c_str(), "-e", log_file.c_str(), "-c", configuration_file.c_str(), nullptr};
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ < 0) {
        process_ = 0;
        throw std::system_error{errno, std::generic_category(), "fork"};
    }
    if (process_ != 0) {
        return;
    }
    // Its own process group, so that all of it can be killed, and a death signal in case the tests are killed.
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    if (::getppid() == parent) {
        ::execv(SIPHER_NGINX_PROGRAM, const_cast<char* const*>(arguments.data())); // NOLINT: execv does not write
    }
    ::_exit(127);
}

void nginx_proxy::wait_until_ready()
{
    const bool ready = comes_true([this] {
        if (has_ended()) {
            throw_log("nginx ended");
        }
        return takes_connections(port_);
    });
    if (!ready) {
        throw_log("nginx takes no connections");
    }
}

bool nginx_proxy::has_ended()
{
    if (process_ != 0 && ::waitpid(process_, nullptr, WNOHANG) == process_) {
        process_ = 0;
    }
    return process_ == 0;
}

void nginx_proxy::throw_log(const char* what) const
{
    throw std::runtime_error{std::string{what} + ":\n" + log()};
}

void nginx_proxy::stop()
{
    if (!has_ended()) {
        ::kill(process_, SIGTERM);
    }
    if (!comes_true([this] { return has_ended(); })) {
        kill();
    }
}

void nginx_proxy::kill()
{
    if (has_ended()) {
        return;
    }
    const pid_t group = std::exchange(process_, 0);
    ::kill(-group, SIGKILL);
    while (::waitpid(-group, nullptr, 0) > 0) {
    }
}

void nginx_proxy::reload()
{
    ::kill(process_, SIGHUP);
}

} // namespace sipher::test
