#include "sandbox/certificates.hpp"
#include "sandbox/sandbox_state.hpp"
#include "sandbox/server.hpp"

#include "support/raw_peer.hpp"

#include <sipher/testing/sandbox.hpp>

#include <boost/system/system_error.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

/// What the public face of the sandbox gives no access to: its patience and bad certificates.
namespace {

using namespace std::chrono_literals;
using sipher::test::connection_end;
using sipher::test::raw_peer;
using sipher::testing::detail::certificate_spec;
using sipher::testing::detail::pem_pair;

constexpr const char* raw_408 = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

class sandbox_server_test : public testing::Test {
protected:
    sipher::testing::detail::shared_state state{sipher::testing::sandbox_options{}};
    const pem_pair authority = sipher::testing::detail::make_authority();

    std::unique_ptr<sipher::testing::detail::server> serve(const certificate_spec& spec)
    {
        return std::make_unique<sipher::testing::detail::server>(sipher::testing::sandbox_options{},
                                                                 issue(authority, spec), state, 50ms);
    }
};

TEST_F(sandbox_server_test, a_connection_that_never_carries_a_request_gets_a_raw_408)
{
    const auto server = serve(certificate_spec{});
    raw_peer peer{server->port(), authority.certificate};
    EXPECT_EQ(peer.read_to_end(), raw_408);
    EXPECT_EQ(peer.end(), connection_end::bare_fin);
    EXPECT_EQ(state.lock()->counters.requests, 0U);
}

TEST_F(sandbox_server_test, a_request_that_is_never_complete_gets_a_raw_408)
{
    const auto server = serve(certificate_spec{});
    raw_peer peer{server->port(), authority.certificate};
    peer.send("GET /v1/health HTTP/1.1\r\nHost");
    EXPECT_EQ(peer.read_to_end(), raw_408);
}

struct certificate_case {
    const char* name;
    std::function<void(certificate_spec&)> change;
    bool good;
};

class sandbox_certificate_test : public sandbox_server_test, public testing::WithParamInterface<certificate_case> {};

INSTANTIATE_TEST_SUITE_P(
    kinds, sandbox_certificate_test,
    testing::Values(
        certificate_case{"good", [](certificate_spec&) {}, true},
        certificate_case{"expired", [](certificate_spec& spec) { spec.valid_until = -24h; }, false},
        certificate_case{"not_yet_valid", [](certificate_spec& spec) { spec.valid_from = 24h; }, false},
        certificate_case{"other_host", [](certificate_spec& spec) { spec.dns_names = {"example.org"}; }, false},
        certificate_case{"for_clients", [](certificate_spec& spec) { spec.extended_key_usage = "clientAuth"; }, false},
        certificate_case{"unspecified_usage", [](certificate_spec& spec) { spec.extended_key_usage = ""; }, true}),
    [](const auto& parameter) { return parameter.param.name; });

TEST_P(sandbox_certificate_test, is_what_it_is_meant_to_be)
{
    certificate_spec spec;
    GetParam().change(spec);
    const auto server = serve(spec);
    const auto connect = [&] { const raw_peer peer{server->port(), authority.certificate}; };
    if (GetParam().good) {
        EXPECT_NO_THROW(connect());
    } else {
        EXPECT_THROW(connect(), boost::system::system_error);
    }
}

} // namespace
