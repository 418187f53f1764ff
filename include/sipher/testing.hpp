#pragma once

/// The sandbox and test clocks for your own tests; link `sipher::testing`.

#include <sipher/testing/accelerated_clock.hpp>
#include <sipher/testing/fault.hpp>
#include <sipher/testing/manual_clock.hpp>
#include <sipher/testing/sandbox.hpp>
