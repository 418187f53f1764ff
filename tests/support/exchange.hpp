#pragma once

#include "http1/connection.hpp"

#include <utility>

namespace sipher::test {

/// Starts an exchange; `handler` gets its `exchange_result`.
template <class Handler>
void run_exchange(detail::connection& on, const detail::request_view& request, const detail::exchange_parameters& how,
                  Handler handler)
{
    on.start_exchange(request, how, {std::move(handler), on.executor()});
}

} // namespace sipher::test
