// The members of a hand-written JSON object.
#pragma once

#include "sandbox/responses.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace sipher::testing::detail {

/// Members are taken one by one; any left at the end is the author's mistake.
class json_members {
public:
    explicit json_members(boost::json::object given) : left_(std::move(given)) {}

    /// @throws refusal when it is missing or not a `T`
    template <class T>
    T take(std::string_view name)
    {
        const boost::json::value* const found = left_.if_contains(name);
        if (found == nullptr) {
            throw refusal{400, {}, "`" + std::string{name} + "` is missing"};
        }
        auto converted = boost::json::try_value_to<T>(*found);
        if (!converted) {
            throw refusal{400, {}, "`" + std::string{name} + "` is of the wrong type or too large"};
        }
        left_.erase(name);
        return std::move(*converted);
    }

    template <class T>
    T take(std::string_view name, T otherwise)
    {
        return left_.contains(name) ? take<T>(name) : std::move(otherwise);
    }

    /// @throws refusal when a member was not taken
    void require_none_left() const
    {
        if (!left_.empty()) {
            throw refusal{400, {}, "`" + std::string{left_.begin()->key()} + "` is not known"};
        }
    }

private:
    boost::json::object left_;
};

} // namespace sipher::testing::detail
