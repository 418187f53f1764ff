// The state of one attempt of a call.
#pragma once

#include "model/decode.hpp"
#include "retry/classify.hpp"

#include <sipher/attempt.hpp>
#include <sipher/clock.hpp>
#include <sipher/response_info.hpp>
#include <sipher/secret.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace sipher::detail {

/// Details of an attempt besides its result: of its failure, and of its HTTP exchange if requested. Absent from a
/// successful attempt, which keeps a waiting call small.
struct attempt_notes {
    attempt_notes() = default;

    std::string message;
    service_error refusal;
    std::string response_request_id;
    std::string location;
    rate_limit_state rate_limit;
    header_list fields;
    /// Sent with this attempt only.
    header_list added_headers;
};

/// Reset as a whole for each attempt, so that no value of an earlier attempt carries over.
struct attempt_state : transport_facts {
    attempt_state() = default;

    [[nodiscard]] attempt_notes& note()
    {
        if (!notes) {
            notes = std::make_unique<attempt_notes>();
        }
        return *notes;
    }

    std::string request_id;
    /// The key, if a provider supplies it.
    secret key;
    clock::time_point started;
    clock::time_point exchange_started;
    std::size_t bytes_written = 0;
    provenance from = provenance::none;
    std::optional<std::chrono::milliseconds> retry_after;
    std::unique_ptr<attempt_notes> notes;
};

} // namespace sipher::detail
