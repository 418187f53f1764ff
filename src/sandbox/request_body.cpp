#include "sandbox/request_body.hpp"

#include "sandbox/answers.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include <string_view>

namespace sipher::testing::detail {

namespace json = boost::json;

namespace {

bool is_declared_as_json(const request& received)
{
    constexpr std::string_view json_type = "application/json";
    const std::string* const type = find_header(received.headers, "Content-Type");
    if (type == nullptr || !same_name(std::string_view{*type}.substr(0, json_type.size()), json_type)) {
        return false;
    }
    return type->size() == json_type.size() || (*type)[json_type.size()] == ';' || (*type)[json_type.size()] == ' ';
}

bool has_body(const request& received)
{
    return find_header(received.headers, "Content-Length") != nullptr ||
           find_header(received.headers, "Transfer-Encoding") != nullptr;
}

} // namespace

std::optional<json::value> parse_body(const request& received)
{
    if (!has_body(received) || !is_declared_as_json(received)) {
        return std::nullopt;
    }
    if (received.body.size() > largest_body) {
        throw refusal{500, "INTERNAL_SERVER_ERROR", "An unexpected error occurred", "request entity too large", {}};
    }
    if (received.body.empty()) {
        return json::object{};
    }
    json::parse_options options;
    options.max_depth = 1000;
    boost::system::error_code problem;
    json::value document = json::parse(received.body, problem, {}, options);
    // The framework takes objects and arrays only.
    if (problem || !document.is_structured()) {
        throw refusal{400, "INVALID_JSON", "Request body is not valid JSON", nullptr, {}};
    }
    return document;
}

} // namespace sipher::testing::detail
