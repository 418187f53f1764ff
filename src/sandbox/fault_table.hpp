// Faults by name, for programs that cannot call the functions of `fault`.
#pragma once

#include "sandbox/json_members.hpp"

#include <sipher/testing/fault.hpp>

#include <string_view>
#include <vector>

namespace sipher::testing::detail {

/// A fault from its name, in the member `fault`, and its parameters in the others.
/// @throws refusal when there is no such fault, or when a parameter is missing, unknown or not usable
[[nodiscard]] fault make_fault(json_members& given);

[[nodiscard]] std::vector<std::string_view> fault_names();

} // namespace sipher::testing::detail
