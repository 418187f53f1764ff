#pragma once

/// Semantic version of the library.
#define SIPHER_VERSION_MAJOR 0
#define SIPHER_VERSION_MINOR 1
#define SIPHER_VERSION_PATCH 0
#define SIPHER_VERSION "0.1.0"
