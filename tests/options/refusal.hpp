#pragma once

#include <sipher/error.hpp>

#include <string>

namespace sipher::test {

/// The message of the `errc::invalid_request` that `action` throws; `accepted` if it throws nothing.
template <class Action>
std::string refusal(Action action)
{
    try {
        action();
    } catch (const error& failure) {
        const bool is_refusal = failure.code() == errc::invalid_request;
        return is_refusal ? failure.message() : std::string{"other error: "} + failure.what();
    }
    return "accepted";
}

} // namespace sipher::test
