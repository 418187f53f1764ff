#include "net/name_lookup.hpp"

#include "options/host.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <netdb.h>
#include <pthread.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

namespace sipher::detail {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

error_code failure_of(int returned, int system_failure)
{
    switch (returned) {
    case EAI_NONAME: return asio::error::host_not_found;
#ifdef EAI_NODATA
    case EAI_NODATA: return asio::error::no_data;
#endif
#ifdef EAI_ADDRFAMILY
    case EAI_ADDRFAMILY: return asio::error::no_data;
#endif
    case EAI_FAIL: return asio::error::no_recovery;
    case EAI_MEMORY: return asio::error::no_memory;
    case EAI_SYSTEM: return {system_failure, boost::system::system_category()};
    default: return asio::error::host_not_found_try_again;
    }
}

asio::ip::address address_of(const addrinfo& entry)
{
    asio::ip::tcp::endpoint endpoint;
    endpoint.resize(entry.ai_addrlen);
    std::memcpy(endpoint.data(), entry.ai_addr, entry.ai_addrlen);
    return endpoint.address();
}

/// RFC 6761, section 6.3: `localhost` and names below it are the loopback interface, whatever a name server says.
/// Credentials may be sent there in the clear, and a system without an entry for one family would query the network.
lookup_result loopback_of(address_family family)
{
    lookup_result result;
    const asio::ip::address v6{asio::ip::address_v6::loopback()};
    result.addresses.push_back(family == address_family::v6 ? v6 : asio::ip::address_v4::loopback());
    return result;
}

lookup_result ask_system(const std::string& host, address_family family)
{
    addrinfo wanted{};
    wanted.ai_family = family == address_family::v6 ? AF_INET6 : AF_INET;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    lookup_result result;
    const int returned = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    if (returned != 0) {
        result.failure = failure_of(returned, errno);
        return result;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned{found, &::freeaddrinfo};
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        result.addresses.push_back(address_of(*entry));
    }
    if (result.addresses.empty()) {
        result.failure = asio::error::no_data;
    }
    return result;
}

/// A thread started meanwhile never handles a signal: handlers are for the program's own threads.
class all_signals_blocked {
public:
    all_signals_blocked() noexcept
    {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~all_signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    all_signals_blocked(const all_signals_blocked&) = delete;
    all_signals_blocked& operator=(const all_signals_blocked&) = delete;

private:
    sigset_t before_{};
};

class system_lookup final : public name_lookup {
public:
    void look_up(const std::string& host, address_family family, handler done) override
    {
        const all_signals_blocked for_the_thread;
        std::thread{[host, family, done = std::move(done)] {
            lookup_result found;
            try {
                found = is_localhost(host) ? loopback_of(family) : ask_system(host, family);
            } catch (const std::bad_alloc&) {
                found.failure = asio::error::no_memory;
            }
            done(found);
        }}.detach();
    }
};

} // namespace

bool lookup_result::is_absent() const noexcept
{
    return failure == asio::error::host_not_found || failure == asio::error::no_data;
}

std::unique_ptr<name_lookup> make_system_lookup()
{
    return std::make_unique<system_lookup>();
}

} // namespace sipher::detail
