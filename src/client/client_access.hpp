#pragma once

#include <sipher/client.hpp>

#include <memory>

namespace sipher::detail {

/// What stands behind a client, for the parts of the library that are built on one.
[[nodiscard]] std::shared_ptr<client_handle> handle_of(const client& owner);

} // namespace sipher::detail
