#pragma once

/// Marks what a shared build of the library exports; everything else is hidden.
#if defined(_WIN32)
#define SIPHER_API
#else
#define SIPHER_API __attribute__((visibility("default")))
#endif
