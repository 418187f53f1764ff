#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sipher::test {

/// A port of 127.0.0.1 that nobody uses now.
[[nodiscard]] std::uint16_t free_port();

/// A program of somebody else that serves a port of 127.0.0.1. It is there as long as this object, at most as long as
/// this thread, and has no output.
class external_program {
public:
    /// Returns when it accepts connections.
    /// @throws std::runtime_error if it does not.
    external_program(const std::vector<std::string>& command, std::uint16_t port);
    ~external_program();
    external_program(const external_program&) = delete;
    external_program& operator=(const external_program&) = delete;

private:
    ::pid_t process_;
};

} // namespace sipher::test
