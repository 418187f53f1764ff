// Not part of the real service: paths through which programs in other languages control the sandbox.
#pragma once

#include "sandbox/message.hpp"
#include "sandbox/sandbox_state.hpp"

namespace sipher::testing::detail {

/// Whether its path is `/sandbox/…`. Such a request is not for the service: no fault applies to it, and it is not
/// counted.
[[nodiscard]] bool is_control(const request& received);
[[nodiscard]] response control(sandbox_state& state, const request& received);

} // namespace sipher::testing::detail
