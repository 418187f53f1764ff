#include "http1/parser_stock.hpp"

#include <cstddef>
#include <utility>

namespace sipher::detail {

namespace {

/// More are in use at a time only if more threads read.
constexpr std::size_t most_idle = 4;

} // namespace

parser_stock::parser_stock(const limit_options& limits) : limits_(limits)
{
    idle_.reserve(most_idle);
}

std::unique_ptr<response_parser> parser_stock::take()
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

void parser_stock::give_back(std::unique_ptr<response_parser> parser) noexcept
{
    parser->clear();
    const std::lock_guard lock{mutex_};
    if (idle_.size() < most_idle) {
        idle_.push_back(std::move(parser));
    }
}

} // namespace sipher::detail
