#include "http1/parser_pool.hpp"

#include <cstddef>
#include <utility>

namespace sipher::detail {

namespace {

/// More are in use at a time only if more threads read.
constexpr std::size_t most_idle = 4;

} // namespace

parser_pool::parser_pool(const limit_options& limits) : limits_(limits)
{
    idle_.reserve(most_idle);
}

std::unique_ptr<response_parser> parser_pool::take()
{
    {
        const std::lock_guard lock{mutex_};
        if (!idle_.empty()) {
            std::unique_ptr<response_parser> parser = std::move(idle_.back());
            idle_.pop_back();
            return parser;
        }
    }
    return std::make_unique<response_parser>(limits_);
}

void parser_pool::give_back(std::unique_ptr<response_parser> parser) noexcept
{
    parser->clear();
    const std::lock_guard lock{mutex_};
    if (idle_.size() < most_idle) {
        idle_.push_back(std::move(parser));
    }
}

} // namespace sipher::detail
