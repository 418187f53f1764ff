#include "model/decode_usage.hpp"

#include "base/http_date.hpp"

#include <boost/json/object.hpp>

#include <limits>
#include <string>
#include <utility>

namespace sipher::detail {

namespace json = boost::json;

namespace {

std::optional<unsigned> to_count(const json::value& in) noexcept
{
    boost::system::error_code misfit;
    const auto number = in.to_number<unsigned>(misfit);
    return misfit ? std::nullopt : std::optional{number};
}

decode_error not_a_count(std::string_view path, std::string_view member)
{
    return {std::string{path} + "." + std::string{member}, "expected a number of requests"};
}

const json::value* find(const json::object& in, std::string_view name) noexcept
{
    return in.if_contains({name.data(), name.size()});
}

/// The members may have different names in the total and in the categories.
std::optional<decode_error> read(const json::object& in, std::string_view count, std::string_view quota,
                                 std::string_view path, quota_usage& out)
{
    for (const auto& [name, target] : {std::pair{count, &out.count}, std::pair{quota, &out.quota}}) {
        const json::value* const member = find(in, name);
        const auto number = member != nullptr ? to_count(*member) : std::nullopt;
        if (!number) {
            return not_a_count(path, name);
        }
        *target = *number;
    }
    return std::nullopt;
}

std::optional<std::chrono::sys_days> read_date(const json::value* in)
{
    if (in == nullptr || !in->is_string()) {
        return std::nullopt;
    }
    const auto midnight = parse_utc_time(std::string{in->get_string()} + "T00:00:00Z");
    return midnight ? std::optional{std::chrono::floor<std::chrono::days>(*midnight)} : std::nullopt;
}

} // namespace

decoded<usage> decode_usage(const json::value& in, std::string_view path)
{
    const json::object* const members = in.if_object();
    if (members == nullptr) {
        return decode_error{std::string{path}, "expected an object"};
    }
    usage result;
    const auto date = read_date(find(*members, "date"));
    if (!date) {
        return decode_error{std::string{path} + ".date", "expected a date such as 2026-11-25"};
    }
    result.date = *date;
    if (const json::value* const tier = find(*members, "tier"); tier != nullptr && tier->is_string()) {
        result.tier = tier->get_string();
    }
    if (auto failure = read(*members, "total", "quotaTotal", path, result.total)) {
        return *std::move(failure);
    }
    const json::value* const categories = find(*members, "categories");
    const json::object* const each_category = categories != nullptr ? categories->if_object() : nullptr;
    if (each_category == nullptr) {
        return decode_error{std::string{path} + ".categories", "expected an object"};
    }
    for (const auto& [name, value] : *each_category) {
        const std::string place = std::string{path} + ".categories." + std::string{name};
        if (!value.is_object()) {
            return decode_error{place, "expected an object"};
        }
        if (auto failure = read(value.get_object(), "count", "quota", place, result.categories[name])) {
            return *std::move(failure);
        }
    }
    return result;
}

quota_refusal read_quota_refusal(const json::value& details) noexcept
{
    quota_refusal result;
    const json::object* const members = details.if_object();
    if (members == nullptr) {
        return result;
    }
    if (const json::value* const name = find(*members, "category"); name != nullptr && name->is_string()) {
        result.category = quota_category_named({name->get_string().data(), name->get_string().size()});
    }
    if (const json::value* const limit = find(*members, "limit"); limit != nullptr) {
        result.limit = to_count(*limit).value_or(0);
    }
    return result;
}

} // namespace sipher::detail
