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

/// Which of a server's addresses to try when ("happy eyeballs", RFC 8305): decisions without I/O, time passed in.
///
/// The families of addresses alternate. The next address is tried when the one before has failed, or has not answered
/// for 250 ms; all stay in the race, at most six at a time. Beyond that the oldest makes room, but not before it had
/// a second.
class address_race {
public:
    using endpoint = boost::asio::ip::tcp::endpoint;

    address_race(const std::vector<boost::asio::ip::address>& addresses, std::uint16_t port, clock::time_point now);

    /// Addresses that became known later. What was tried already is not tried again, and keeps its index.
    void add(const std::vector<boost::asio::ip::address>& more);

    struct step {
        step() = default;
        /// Index of the address to try now, and of the one to give up.
        std::optional<std::size_t> begin;
        std::optional<std::size_t> abandon;
    };
    /// To be repeated until there is nothing to begin.
    [[nodiscard]] step next(clock::time_point now);
    /// When `next` has something to do, unless an address fails before.
    [[nodiscard]] clock::time_point next_step() const noexcept;

    void failed(std::size_t index, boost::system::error_code why, clock::time_point now);
    /// Every address has failed.
    [[nodiscard]] bool is_lost() const noexcept { return waiting_ == tries_.size() && open_ == 0; }

    [[nodiscard]] const endpoint& at(std::size_t index) const { return tries_[index].to; }
    [[nodiscard]] clock::time_point began(std::size_t index) const { return tries_[index].began; }
    /// What is known of each address that was tried, for people.
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

    const std::uint16_t port_;
    std::vector<one_try> tries_;
    /// The first one that was not tried yet.
    std::size_t waiting_ = 0;
    std::size_t open_ = 0;
    clock::time_point next_begin_;
};

[[nodiscard]] std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

} // namespace sipher::detail
