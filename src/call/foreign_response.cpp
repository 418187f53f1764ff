#include "call/foreign_response.hpp"

#include "base/printable_text.hpp"
#include "errors/page_text.hpp"

#include <cstddef>

namespace sipher::detail {

namespace {

constexpr std::size_t longest_name = 40;
constexpr std::size_t longest_beginning = 60;
constexpr std::size_t longest_location = 200;

/// `text/html`, without its parameters.
std::string media_type(const response_head& head)
{
    return printable_text(std::string_view{head.content_type}.substr(0, head.content_type.find(';')), longest_name);
}

std::string sender(const response_head& head)
{
    return head.server.empty() ? "an intermediary" : printable_text(head.server, longest_name);
}

/// A gateway's own failure explains itself; any other foreign response suggests a wrong address.
bool is_failure_of_gateway(unsigned status)
{
    return status >= 500 || status == 408 || status == 421 || status == 425 || status == 429;
}

} // namespace

std::string describe_foreign(const response_head& head, std::string_view body)
{
    if (!head.mitigation.empty()) {
        return status_phrase(head.status) + ": a " + printable_text(head.mitigation, longest_name) +
               " page of the edge in front of the service (" + sender(head) +
               "), which usually does not pass requests on";
    }
    if (head.status >= 300 && head.status < 400 && !head.location.empty()) {
        return status_phrase(head.status) + " to " + printable_text(head.location, longest_location) +
               ": the service does not redirect; is base_url right?";
    }
    if (is_failure_of_gateway(head.status)) {
        return describe_page(head.status, body) + " (from " + sender(head) + ", not from the Sipher API)";
    }
    std::string text =
        status_phrase(head.status) + ": the response is not the Sipher API's: " + std::to_string(head.status);
    if (const std::string type = media_type(head); !type.empty()) {
        text += " " + type;
    }
    text += body.empty() ? ", without a body" : ", beginning \"" + printable_text(body, longest_beginning) + "\"";
    return text + "; is base_url right?";
}

} // namespace sipher::detail
