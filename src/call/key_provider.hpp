// Asks the user's provider for the key of one attempt.
#pragma once

#include "runtime/sleep_list.hpp"

#include <sipher/client_options.hpp>
#include <sipher/clock.hpp>
#include <sipher/error.hpp>
#include <sipher/secret.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <exception>
#include <memory>
#include <string>

namespace sipher::detail {

/// A key, or the reason why there is none.
struct key_result {
    key_result() = default;

    secret key;
    boost::system::error_code code;
    std::string message;
    end_reason reason = end_reason::permanent;
    /// The provider's exception.
    std::exception_ptr cause;
};

[[nodiscard]] bool has_key_provider(const client_options& options) noexcept;

/// Throws only what Asio throws into a cancelled coroutine.
[[nodiscard]] boost::asio::awaitable<key_result> ask_for_key(const client_options& options,
                                                             std::shared_ptr<sleep_list> sleepers,
                                                             clock::time_point deadline);
/// The same for a provider that is not a coroutine.
[[nodiscard]] key_result ask_for_key_now(const client_options& options);

} // namespace sipher::detail
