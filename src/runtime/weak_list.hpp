#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace sipher::detail {

/// Objects that others own. Removing those that no longer exist takes time, so it is done when their number has doubled
/// since the last time.
template <class T>
class weak_list {
public:
    void add(std::weak_ptr<T> added)
    {
        if (all_.size() >= tidy_at_) {
            std::erase_if(all_, [](const auto& known) { return known.expired(); });
            tidy_at_ = 2 * all_.size() + least_to_tidy;
        }
        all_.push_back(std::move(added));
    }

    /// Removes all.
    [[nodiscard]] std::vector<std::weak_ptr<T>> take() noexcept { return std::exchange(all_, {}); }

private:
    static constexpr std::size_t least_to_tidy = 16;

    std::vector<std::weak_ptr<T>> all_;
    std::size_t tidy_at_ = least_to_tidy;
};

} // namespace sipher::detail
