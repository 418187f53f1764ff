#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/system/error_code.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sipher::detail {

enum class address_family { v6, v4 };

/// What a name stands for, in the order of preference, or why that is not known.
struct lookup_result {
    lookup_result() = default;

    std::vector<boost::asio::ip::address> addresses;
    boost::system::error_code failure;
    /// Nothing more is to come: both families are done.
    bool complete = false;

    /// There is no such name, or no address for it: another lookup soon would have the same result.
    [[nodiscard]] bool is_absent() const noexcept;
};

/// Asks for the addresses of names: the system, or a script in tests.
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

/// `getaddrinfo` on a thread of its own for each question; `localhost` and the names below it are the
/// loopback address without asking.
///
/// A lookup cannot be called back, and Asio's resolver makes the destructor of the execution context, and `run`,
/// wait for it. Nobody waits for this thread: what it finds after everybody has left is dropped.
[[nodiscard]] std::unique_ptr<name_lookup> make_system_lookup();

} // namespace sipher::detail
