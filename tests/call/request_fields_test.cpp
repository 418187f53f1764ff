#include "call/request_fields.hpp"

#include "options/validation.hpp"

#include <sipher/error.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace sipher::detail {
namespace {

/// The names of the fields that a client with these options sends with each request.
std::vector<std::string> names_of_fields(const client_options& options)
{
    const base_url url = parse_base_url(options.base_url);
    const request_fields fields{options, url};
    secret own;
    std::string_view text = fields.of({}, {}, options.api_key, own);
    std::vector<std::string> names;
    while (!text.empty()) {
        names.emplace_back(text.substr(0, text.find(':')));
        text.remove_prefix(text.find("\r\n") + 2);
    }
    return names;
}

TEST(request_fields, users_cannot_set_what_the_client_sends_but_accept)
{
    client_options options;
    options.api_key = secret{"key"};
    for (const auto scheme : {authentication_scheme::api_key_header, authentication_scheme::bearer}) {
        options.scheme = scheme;
        const std::vector<std::string> names = names_of_fields(options);
        EXPECT_GE(names.size(), 4U);
        for (const std::string& name : names) {
            if (name != "Accept") {
                EXPECT_THROW(validate_header(name, "value", "headers"), error) << name;
            }
        }
    }
}

} // namespace
} // namespace sipher::detail
