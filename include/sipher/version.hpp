#pragma once

#include <sipher/config.hpp>

/// Semantic version of the library.
#define SIPHER_VERSION_MAJOR 0
#define SIPHER_VERSION_MINOR 1
#define SIPHER_VERSION_PATCH 0
#define SIPHER_VERSION "0.1.0"

namespace sipher {

/// Version of the library that the program runs with; `SIPHER_VERSION` is that of the headers it was compiled with.
SIPHER_API const char* version() noexcept;

} // namespace sipher
