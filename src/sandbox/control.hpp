// What the real service does not have: paths by which programs in other languages direct the sandbox.
#pragma once

#include "sandbox/message.hpp"
#include "sandbox/sandbox_state.hpp"

namespace sipher::testing::detail {

/// Whether it goes to `/sandbox/…`. Such a request is not the service's: no fault meets it, and it is not counted.
[[nodiscard]] bool is_control(const request& received);
[[nodiscard]] response control(sandbox_state& state, const request& received);

} // namespace sipher::testing::detail
