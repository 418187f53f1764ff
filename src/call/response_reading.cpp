#include "call/response_reading.hpp"

#include "base/wiping_resource.hpp"
#include "call/foreign_response.hpp"
#include "model/json_reader.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sipher::detail {

namespace {

namespace json = boost::json;

constexpr std::array bare_statuses{400U, 408U, 413U, 431U};

bool is_success(unsigned status)
{
    return status >= 200 && status < 300;
}

bool is_json_type(std::string_view content_type)
{
    const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
    return boost::beast::iequals(type, "application/json") || type.ends_with("+json");
}

/// The form in which the service's HTTP server refuses a request that it cannot read: a status and `Connection: close`.
bool is_bare_refusal(const response_view& response)
{
    const response_head& head = response.head;
    const unsigned expected_fields = head.has_length ? 2 : 1;
    return response.complete && response.body.empty() && head.closes && !head.was_accepted &&
           head.field_count == expected_fields && std::ranges::find(bare_statuses, head.status) != bare_statuses.end();
}

class reader {
public:
    reader(const response_view& response, result_decoder& decoder, json::storage_ptr storage)
        : response_(response), decoder_(decoder), storage_(std::move(storage))
    {
    }

    response_reading read()
    {
        if (is_bare_refusal(response_)) {
            result_.from = provenance::http_server;
            return std::move(result_);
        }
        result_.from = provenance::intermediary;
        result_.was_accepted = head().was_accepted;
        if (!response_.complete) {
            result_.unreadable = may_be_json();
        } else if (response_.to_head_request) {
            read_head_alone();
        } else if (response_.body.empty()) {
            result_.unreadable = may_be_json();
            if (may_be_json()) {
                take_unwrapped(json::value{});
            }
        } else if (json_document document = read_json(response_.body, storage_); document.failure) {
            result_.unreadable = may_be_json();
        } else {
            read_document(std::move(document));
        }
        if (result_.from == provenance::intermediary) {
            result_.message = describe_foreign(head(), response_.body);
        }
        return std::move(result_);
    }

private:
    [[nodiscard]] const response_head& head() const noexcept { return response_.head; }

    [[nodiscard]] bool may_be_json() const { return head().content_type.empty() || is_json_type(head().content_type); }

    /// A response without a body, from which its provenance cannot be told.
    void read_head_alone()
    {
        if (is_success(head().status)) {
            take_unwrapped(json::value{});
        } else if (is_json_type(head().content_type)) {
            result_.from = provenance::service;
        }
    }

    void read_document(json_document document)
    {
        json::object* const envelope = document.value.if_object();
        const json::value* const success = envelope != nullptr ? envelope->if_contains("success") : nullptr;
        json::value* const data = envelope != nullptr ? envelope->if_contains("data") : nullptr;
        if (success == nullptr || !success->is_bool()) {
            read_other_json(document);
        } else if (!success->get_bool()) {
            read_error(document.value, data != nullptr && data->is_object());
        } else if (data != nullptr && is_success(head().status)) {
            result_.from = provenance::service;
            take(*data, document.shortened);
        } else {
            read_other_json(document);
        }
    }

    /// An intermediary's, unless the operation accepts any JSON from the service.
    void read_other_json(json_document& document)
    {
        if (is_success(head().status) && !decoder_.needs_envelope()) {
            result_.from = provenance::service;
            take(document.value, document.shortened);
        } else if (!is_success(head().status)) {
            result_.refusal = decode_service_error(head().status, document.value);
            result_.refusal->code.clear();
            result_.refusal->known = service_code::other;
        }
    }

    /// The service names its errors, except where its health endpoints report a state with a 5xx.
    void read_error(const json::value& document, bool has_state)
    {
        result_.refusal = decode_service_error(head().status, document);
        if (!result_.refusal->code.empty() || (has_state && head().status >= 500)) {
            result_.from = provenance::service;
        }
    }

    void take_unwrapped(json::value nothing)
    {
        if (is_success(head().status) && !decoder_.needs_envelope()) {
            result_.from = provenance::service;
            take(nothing, false);
        }
    }

    void take(json::value& data, bool shortened)
    {
        result_.success = true;
        if (shortened && !decoder_.needs_envelope()) {
            result_.message = "the response is nested more than " + std::to_string(deepest_nesting) + " levels deep";
            return;
        }
        const std::optional<decode_error> failure = decoder_.decode(data);
        result_.usable = !failure;
        if (failure) {
            result_.message = failure->to_string();
        }
    }

    const response_view& response_;
    result_decoder& decoder_;
    const json::storage_ptr storage_;
    response_reading result_;
};

} // namespace

response_reading read_response(const response_view& response, result_decoder& decoder)
{
    if (!decoder.needs_envelope()) {
        return reader{response, decoder, {}}.read();
    }
    // The parsed JSON is on the stack: a response has a few hundred bytes.
    std::array<unsigned char, 4096> memory; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    wiping_resource beyond;
    response_reading result;
    {
        json::monotonic_resource resource{memory.data(), memory.size(), &beyond};
        result = reader{response, decoder, &resource}.read();
    }
    if (decoder.may_hold_secret()) {
        wipe(memory.data(), memory.size());
    }
    return result;
}

} // namespace sipher::detail
