#include <sipher/request_as.hpp>

#include "values/error_report.hpp"

namespace sipher::detail {

void throw_not_convertible(verb method, boost::system::error_code why)
{
    error_report report;
    report.code = errc::bad_payload;
    report.operation = "request_as";
    report.message = "the answer is not what was expected: " + why.message();
    const bool reads = method == verb::get || method == verb::head;
    report.outcome = reads ? outcome::unknown : outcome::applied_result_lost;
    throw make_error(std::move(report));
}

} // namespace sipher::detail
