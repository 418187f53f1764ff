#pragma once

#include <sipher/observer.hpp>

namespace sipher::detail {

/// Tells `event_observer`, if there is one. It cannot make fail what it only sees.
template <class Event>
void notify(observer* event_observer, void (observer::*tell)(const Event&), const Event& event) noexcept
{
    if (event_observer == nullptr) {
        return;
    }
    try {
        (event_observer->*tell)(event);
    } catch (...) { // NOLINT(bugprone-empty-catch)
    }
}

} // namespace sipher::detail
