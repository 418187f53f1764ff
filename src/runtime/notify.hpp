#pragma once

#include <type_traits>

namespace sipher::detail {

/// Notifies `observer`, if there is one. Its exceptions are swallowed.
template <class Observer, class... Arguments>
void notify(Observer* observer, void (Observer::*tell)(Arguments...),
            std::type_identity_t<Arguments>... arguments) noexcept
{
    if (observer == nullptr) {
        return;
    }
    try {
        (observer->*tell)(arguments...);
    } catch (...) { // NOLINT(bugprone-empty-catch)
    }
}

} // namespace sipher::detail
