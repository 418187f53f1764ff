#pragma once

#include <sipher/clock.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sipher::detail {

/// Decides which of a server's addresses to try when ("happy eyeballs", RFC 8305). No I/O; the time is passed in.
///
/// IPv6 addresses go first; IPv4 addresses wait 50 ms for a pending IPv6 lookup. The families alternate. The next
/// address is tried when the previous one has failed, or has been silent for 250 ms; all stay in the race, at most six
/// at a time. Beyond that the oldest is dropped, but not before it had one second. When all have failed, pending
/// lookups have another 50 ms to add addresses.
class address_race {
public:
    using endpoint = boost::asio::ip::tcp::endpoint;

    explicit address_race(std::uint16_t port) noexcept : port_(port) {}

    /// Passes all addresses known by now; `complete`: there will be no more. An address already tried is not tried
    /// again, and keeps its index.
    void add(const std::vector<boost::asio::ip::address>& known, bool complete, clock::time_point now);

    struct step {
        step() = default;
        /// Index of the address to try now, and of the one to abandon.
        std::optional<std::size_t> begin;
        std::optional<std::size_t> abandon;
    };
    /// To be called until there is nothing to begin.
    [[nodiscard]] step next(clock::time_point now);
    /// When to call `next` again, unless an address fails before.
    [[nodiscard]] clock::time_point next_step() const noexcept;

    void failed(std::size_t index, boost::system::error_code why, clock::time_point now);
    /// Every address has failed, and no lookup can add one in time.
    [[nodiscard]] bool is_lost(clock::time_point now) const noexcept;

    [[nodiscard]] const endpoint& at(std::size_t index) const { return tries_[index].to; }
    [[nodiscard]] clock::time_point began(std::size_t index) const { return tries_[index].began; }
    /// Some address was reached, but refused the connection.
    [[nodiscard]] bool is_refused() const noexcept;
    /// The failure of each tried address, human-readable.
    [[nodiscard]] std::string problems() const;

private:
    enum class state { waiting, open, failed };
    struct one_try {
        endpoint to;
        state is = state::waiting;
        clock::time_point began;
        boost::system::error_code why;
    };

    [[nodiscard]] std::size_t oldest_open() const noexcept;
    /// All have failed; only more addresses can help.
    [[nodiscard]] bool all_failed() const noexcept { return waiting_ == tries_.size() && open_ == 0; }

    const std::uint16_t port_;
    std::vector<one_try> tries_;
    /// The first address not tried yet.
    std::size_t waiting_ = 0;
    std::size_t open_ = 0;
    /// When the next one may be tried; once all have failed, when the last of them did.
    clock::time_point next_begin_;
    bool complete_ = false;
};

[[nodiscard]] std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

} // namespace sipher::detail
