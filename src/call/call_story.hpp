#pragma once

#include "values/decode.hpp"

#include <sipher/attempt.hpp>
#include <sipher/response_info.hpp>

#include <string>
#include <vector>

namespace sipher::detail {

/// What a call has to tell besides its answer: of failures, and to those who want to see the HTTP side. A call that
/// succeeds at once has none, which keeps it small while it waits.
struct call_story {
    call_story() = default;

    std::vector<attempt> attempts;

    // Of the attempt under way, or of the last one.
    std::string problem;
    service_error refusal;
    std::string answer_request_id;
    std::string location;
    rate_limit_state rate_limit;
    header_list fields;
};

} // namespace sipher::detail
