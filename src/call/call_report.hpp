// What the caller is told of a call: as an error, and as `response_info`.
#pragma once

#include <sipher/error.hpp>
#include <sipher/response_info.hpp>

#include <boost/system/error_code.hpp>

#include <exception>

namespace sipher::detail {

class call;

class call_report {
public:
    explicit call_report(const call& about) noexcept : call_(about) {}

    [[nodiscard]] error to_error(boost::system::error_code code, end_reason reason, std::exception_ptr cause) const;
    void fill(response_info& info) const;

private:
    [[nodiscard]] std::string describe(boost::system::error_code code) const;
    [[nodiscard]] std::string mask_secrets(std::string text) const;

    const call& call_;
};

} // namespace sipher::detail
