#pragma once

#include <sipher/observer.hpp>

namespace sipher::detail {

/// Tells `watcher`, if there is one. It cannot make fail what it only sees.
template <class Event>
void notify(observer* watcher, void (observer::*tell)(const Event&), const Event& event) noexcept
{
    if (watcher == nullptr) {
        return;
    }
    try {
        (watcher->*tell)(event);
    } catch (...) { // NOLINT(bugprone-empty-catch)
    }
}

} // namespace sipher::detail
