#include "sandbox/message.hpp"

namespace sipher::testing::detail {

bool is_read(const request& received)
{
    return received.message.method() == http::verb::get || received.message.method() == http::verb::head;
}

std::string joined_fields(const request& received, std::string_view name)
{
    std::string text;
    const auto [begin, end] = received.message.equal_range(name);
    for (auto field = begin; field != end; ++field) {
        text.append(field == begin ? "" : ", ").append(field->value());
    }
    return text;
}

} // namespace sipher::testing::detail
