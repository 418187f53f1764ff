// Reports on a call: to the caller as an error and as `response_info`, and to the observer.
#pragma once

#include <sipher/error.hpp>
#include <sipher/observer.hpp>
#include <sipher/response_info.hpp>

#include <boost/system/error_code.hpp>

#include <exception>
#include <memory>
#include <string>

namespace sipher::detail {

class call;

class call_report {
public:
    explicit call_report(const call& about) noexcept : call_(about) {}

    [[nodiscard]] error to_error(boost::system::error_code code, end_reason reason, std::exception_ptr cause) const;
    void fill(response_info& info) const;
    /// The observer of this call, or null.
    [[nodiscard]] std::unique_ptr<call_observer> notify_begin() const noexcept;
    /// Reports the last attempt.
    void notify_attempt() const;
    /// @param failure Null: the call succeeded.
    void notify_end(const error* failure) const noexcept;

private:
    [[nodiscard]] std::string describe(boost::system::error_code code) const;
    [[nodiscard]] std::string mask_secrets(std::string text) const;

    const call& call_;
};

} // namespace sipher::detail
