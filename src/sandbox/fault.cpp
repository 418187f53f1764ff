#include <sipher/testing/fault.hpp>

#include <string_view>

namespace sipher::testing {

namespace {

std::string page(std::string_view title, std::string_view text)
{
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>";
    html.append(title).append("</title></head>\n<body><h1>").append(title).append("</h1><p>");
    return html.append(text).append("</p></body>\n</html>\n");
}

fault edge_page(unsigned status, std::string_view title, std::string_view text, bool act)
{
    fault result = fault::foreign_page(status, "text/html; charset=UTF-8", page(title, text), act);
    result.headers.emplace_back("Server", "cloudflare");
    result.headers.emplace_back("CF-RAY", "8f3a1c2d4e5f6a7b-FRA");
    result.headers.emplace_back("Cache-Control", "private, max-age=0, no-store");
    return result;
}

} // namespace

fault fault::delay(std::chrono::milliseconds milliseconds)
{
    fault result;
    result.wait = milliseconds;
    return result;
}

fault fault::respond(unsigned status, std::string body, header_list headers)
{
    fault result = act_but_respond(status, std::move(body), std::move(headers));
    result.act = false;
    return result;
}

fault fault::cut_response(std::size_t bytes, bool reset)
{
    fault result;
    result.cut_after = bytes;
    result.reset = reset;
    return result;
}

fault fault::drop_request(bool reset)
{
    fault result = cut_response(0, reset);
    result.act = false;
    return result;
}

fault fault::raw_response(std::string bytes)
{
    fault result;
    result.raw = std::move(bytes);
    return result;
}

fault fault::silence()
{
    fault result;
    result.silent = true;
    return result;
}

fault fault::with_header(std::string name, std::string value)
{
    fault result;
    result.headers.emplace_back(std::move(name), std::move(value));
    return result;
}

fault fault::act_but_respond(unsigned status, std::string body, header_list headers)
{
    fault result;
    result.status = status;
    result.body = std::move(body);
    result.headers = std::move(headers);
    return result;
}

fault fault::foreign_page(unsigned status, std::string content_type, std::string body, bool act)
{
    fault result;
    result.act = act;
    result.status = status;
    result.body = std::move(body);
    if (!content_type.empty()) {
        result.headers.emplace_back("Content-Type", std::move(content_type));
    }
    return result;
}

fault fault::captive_portal(bool act)
{
    return foreign_page(200, "text/html", page("Welcome", "Log in to use this network."), act);
}

fault fault::edge_error(unsigned status, bool act)
{
    const std::string title = "localhost | " + std::to_string(status);
    return edge_page(status, title, "There is a problem between this network and the origin web server.", act);
}

fault fault::challenge(bool act)
{
    fault result = edge_page(403, "Just a moment...", "Enable JavaScript and cookies to continue", act);
    result.headers.emplace_back("cf-mitigated", "challenge");
    return result;
}

} // namespace sipher::testing
