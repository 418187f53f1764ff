#include "support/raw_call.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>

namespace sipher::test {

namespace json = boost::json;

raw_call& raw_call::with_body(std::string_view text)
{
    body = text;
    return *this;
}

raw_call& raw_call::with_key(std::string_view text)
{
    key = text;
    return *this;
}

raw_call& raw_call::with_header(std::string_view name, std::string_view value)
{
    headers.emplace_back(name, value);
    return *this;
}

raw_call& raw_call::under(std::string_view session_id)
{
    return with_header("X-Session-Id", session_id);
}

std::string raw_call::to_bytes() const
{
    std::string bytes = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
    if (!key.empty()) {
        bytes += "X-API-Key: " + key + "\r\n";
    }
    if (body && !content_type.empty()) {
        bytes += "Content-Type: " + content_type + "\r\n";
    }
    if (body) {
        bytes += "Content-Length: " + std::to_string(body->size()) + "\r\n";
    }
    for (const auto& [name, value] : headers) {
        bytes += name + ": " + value + "\r\n";
    }
    return bytes + "\r\n" + body.value_or("");
}

raw_response exchange(raw_peer& peer, const raw_call& what)
{
    peer.send(what.to_bytes());
    return peer.read_response(what.method == "HEAD");
}

json::value document_of(const raw_response& response)
{
    return json::parse(response.body());
}

std::string text_at(const raw_response& response, std::string_view pointer)
{
    const json::value document = document_of(response);
    boost::system::error_code message;
    const json::value* const found = document.find_pointer(pointer, message);
    if (found == nullptr) {
        return "(none)";
    }
    return found->is_string() ? std::string{found->get_string()} : json::serialize(*found);
}

std::string data_members(const raw_response& response)
{
    const json::value document = document_of(response);
    std::string names;
    for (const auto& member : document.at("data").as_object()) {
        names.append(names.empty() ? "" : " ").append(member.key());
    }
    return names;
}

std::string verdict(const raw_response& response)
{
    return std::to_string(response.result_int()) + " " + text_at(response, "/error/code");
}

std::string create_session(raw_peer& peer, std::string_view defaults, std::string_view key)
{
    raw_call call{"POST", "/v1/sessions"};
    call.with_key(key).with_body("{\"defaults\":" + std::string{defaults} + "}");
    return text_at(exchange(peer, call), "/data/sessionId");
}

} // namespace sipher::test
