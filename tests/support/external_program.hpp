#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sipher::test {

/// A currently unused port of 127.0.0.1.
[[nodiscard]] std::uint16_t free_port();

/// A third-party program that serves a port of 127.0.0.1. It runs as long as this object exists, at most as long as
/// this thread, and its output is discarded.
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
