// A value shared by several threads.
#pragma once

#include <mutex>
#include <utility>

namespace sipher::testing::detail {

/// Accessible only through a lock: `value.lock()->member`.
template <class Value>
class guarded {
    class access {
    public:
        access(std::mutex& mutex, Value& value) : lock_(mutex), value_(value) {}
        Value* operator->() const { return &value_; }
        Value& operator*() const { return value_; }

    private:
        const std::lock_guard<std::mutex> lock_;
        Value& value_;
    };

public:
    template <class... Arguments>
    explicit guarded(Arguments&&... arguments) : value_(std::forward<Arguments>(arguments)...)
    {
    }

    /// Held until the end of the full expression.
    access lock() { return {mutex_, value_}; }

private:
    std::mutex mutex_;
    Value value_;
};

} // namespace sipher::testing::detail
