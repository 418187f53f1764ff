#include <sipher/request_target.hpp>

#include "options/validation.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

namespace sipher {

namespace {

void append_encoded(std::string& to, std::string_view text)
{
    to += boost::urls::encode(text, boost::urls::unreserved_chars);
}

} // namespace

request_target::request_target(std::string_view path)
    : text_(path), has_query_(path.find('?') != std::string_view::npos)
{
}

request_target& request_target::segment(std::string_view text)
{
    // Servers and proxies would normalize the path to another one, encoded or not (RFC 3986, 6.2.2.3).
    detail::require(!text.empty() && text != "." && text != "..", "segment", "must not be empty, `.` or `..`");
    std::string added{"/"};
    append_encoded(added, text);
    text_.insert(has_query_ ? text_.find('?') : text_.size(), added);
    return *this;
}

request_target& request_target::query(std::string_view name, std::string_view value)
{
    text_ += has_query_ ? '&' : '?';
    has_query_ = true;
    append_encoded(text_, name);
    text_ += '=';
    append_encoded(text_, value);
    return *this;
}

} // namespace sipher
