#pragma once

#include <version>

// Checked here, because otherwise the compiler reports it in hundreds of lines, or the program crashes.
#if __cplusplus < 202002L
#error "sipher needs C++20: compile with -std=c++20 or newer"
#endif
#if !defined(__cpp_exceptions)
#error "sipher reports errors by exceptions: compile without -fno-exceptions"
#endif
#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 170000
#error "sipher needs libc++ 17 or newer: older ones lack parts of C++20"
#endif
// Without type_info, Asio looks up a context's services differently from the compiled library.
#if !defined(__cpp_rtti) || defined(BOOST_NO_TYPEID) || defined(BOOST_ASIO_NO_TYPEID)
#error "sipher and Boost.Asio need run-time type information: compile without -fno-rtti and BOOST_ASIO_NO_TYPEID"
#endif
// Names are resolved on a thread that posts its results.
#if defined(BOOST_ASIO_DISABLE_THREADS)
#error "sipher needs the locks of Boost.Asio: compile without BOOST_ASIO_DISABLE_THREADS"
#endif

/// Marks what a shared build of the library exports; everything else is hidden.
#if defined(_WIN32)
#define SIPHER_API
#else
#define SIPHER_API __attribute__((visibility("default")))
#endif
