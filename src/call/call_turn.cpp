#include "call/call_turn.hpp"

namespace sipher::detail {

gate_request call_turn::for_gate(clock::time_point deadline) const noexcept
{
    gate_request wanted;
    wanted.place = request_.place();
    wanted.deadline = deadline;
    wanted.again = had_turn_;
    return wanted;
}

pool_request call_turn::for_pool(bool careful, clock::time_point deadline) const noexcept
{
    pool_request wanted;
    wanted.careful = careful;
    wanted.deadline = deadline;
    wanted.place = request_.place();
    return wanted;
}

bool call_turn::use(clock::time_point now)
{
    const bool may = request_.services->gate->pass(has_turn_, now);
    had_turn_ = has_turn_ && !may;
    has_turn_ = false;
    return may;
}

std::string call_turn::describe(std::chrono::nanoseconds wait)
{
    return "the service's rate limit lets this call pass in " +
           std::to_string(std::chrono::ceil<std::chrono::seconds>(wait).count()) +
           " s, which is after its total timeout";
}

} // namespace sipher::detail
