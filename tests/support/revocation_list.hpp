#pragma once

#include "sandbox/certificates.hpp"

#include <string>
#include <vector>

namespace sipher::test {

/// A list in PEM, signed by `authority`, that names these certificates (in PEM).
[[nodiscard]] std::string make_revocation_list(const testing::detail::pem_pair& authority,
                                               const std::vector<std::string>& revoked);

} // namespace sipher::test
