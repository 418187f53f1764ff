#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sipher::detail {

enum class address_family { v6, v4 };

/// The addresses of a name, in order of preference, or why there are none.
struct lookup_result {
    lookup_result() = default;

    std::vector<boost::asio::ip::address> addresses;
    boost::system::error_code failure;
    /// Final: both families are done.
    bool complete = false;

    /// The name does not exist or has no address: another lookup soon would have the same result.
    [[nodiscard]] bool is_absent() const noexcept;
};

/// Looks up the addresses of names: through the system, or scripted in tests.
class name_lookup {
public:
    name_lookup() = default;
    name_lookup(const name_lookup&) = delete;
    name_lookup& operator=(const name_lookup&) = delete;
    virtual ~name_lookup() = default;

    /// Must not throw.
    using handler = std::function<void(const lookup_result&)>;
    /// `done` is called once, on any thread, never from within this call.
    virtual void look_up(const std::string& host, address_family family, handler done) = 0;
};

/// `getaddrinfo` on one thread per lookup; `localhost` and names below it are the loopback address without a lookup.
///
/// A lookup cannot be cancelled, and Asio's resolver makes the execution context's destructor, and `run`, wait for it.
/// Nothing waits for this thread: a result that arrives after all callers have left is dropped.
[[nodiscard]] std::unique_ptr<name_lookup> make_system_lookup();

} // namespace sipher::detail
