#include "support/revocation_list.hpp"
#include "support/tls_fixture.hpp"

#include <sipher/error_code.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using testing::detail::certificate_spec;
using testing::detail::issue;
using testing::detail::issue_self_signed;
using testing::detail::make_authority;
using testing::detail::pem_pair;

/// The pin of a certificate in PEM, by other functions than the library's.
std::string pin_of(const std::string& certificate)
{
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> source{
        BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())), &BIO_free_all};
    const std::unique_ptr<X509, decltype(&X509_free)> read{PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr),
                                                           &X509_free};
    unsigned char* encoded = nullptr;
    const int size = i2d_PUBKEY(X509_get0_pubkey(read.get()), &encoded);
    unsigned char digest[32];
    EVP_Digest(encoded, static_cast<std::size_t>(size), digest, nullptr, EVP_sha256(), nullptr);
    OPENSSL_free(encoded);
    unsigned char text[45];
    EVP_EncodeBlock(text, digest, sizeof digest);
    return reinterpret_cast<const char*>(text);
}

pem_pair intermediate_of(const pem_pair& authority)
{
    certificate_spec spec;
    spec.common_name = "between";
    spec.dns_names.clear();
    spec.addresses.clear();
    spec.key_usage = "critical,keyCertSign,cRLSign";
    spec.extended_key_usage.clear();
    spec.basic_constraints = "critical,CA:TRUE";
    return issue(authority, spec);
}

struct refused_certificate {
    const char* name;
    /// Makes the certificate that the server shows, and sets the client's options.
    std::function<void(tls_server_options&, client_options&, const pem_pair& authority)> arrange;
    const char* reason;
};

void PrintTo(const refused_certificate& each, std::ostream* os)
{
    *os << each.name;
}

std::function<void(tls_server_options&, client_options&, const pem_pair&)> showing(certificate_spec spec)
{
    return [spec](tls_server_options& served, client_options&, const pem_pair& authority) {
        served.identity = issue(authority, spec);
    };
}

certificate_spec with(const std::function<void(certificate_spec&)>& change)
{
    certificate_spec spec;
    change(spec);
    return spec;
}

class certificate_refused : public tls_test, public ::testing::WithParamInterface<refused_certificate> {};

TEST_P(certificate_refused, before_anything_is_said)
{
    GetParam().arrange(served, options, authority);
    const auto failure = failure_of(verb::post);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::tls_verify_failed) << failure->what();
    EXPECT_NE(std::string{failure->what()}.find(GetParam().reason), std::string::npos) << failure->what();
    EXPECT_EQ(failure->outcome(), outcome::not_sent);
    EXPECT_EQ(failure->attempts().size(), 1U) << "never retried";
    client.reset();
    const tls_server::seen seen = server->account();
    EXPECT_EQ(seen.connections, 1U);
    EXPECT_EQ(seen.application_bytes, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    matrix, certificate_refused,
    ::testing::Values(
        refused_certificate{"expired", showing(with([](auto& spec) { spec.valid_until = -24h; })),
                            "expired; it was valid until "},
        refused_certificate{"not_yet_valid", showing(with([](auto& spec) { spec.valid_from = 24h; })),
                            "not yet valid; it is valid from "},
        refused_certificate{"wrong_host", showing(with([](auto& spec) {
                                spec.common_name = "elsewhere.test";
                                spec.dns_names = {"elsewhere.test", "*.elsewhere.test"};
                                spec.addresses.clear();
                            })),
                            "hostname mismatch; it is for elsewhere.test, *.elsewhere.test, not for localhost"},
        refused_certificate{"common_name_only", showing(with([](auto& spec) {
                                spec.dns_names.clear();
                                spec.addresses.clear();
                            })),
                            "hostname mismatch; it names no host (subjectAltName)"},
        refused_certificate{"common_name_beside_other_names",
                            showing(with([](auto& spec) { spec.dns_names = {"elsewhere.test"}; })),
                            "hostname mismatch"},
        refused_certificate{"self_signed",
                            [](auto& served, auto&, auto&) { served.identity = issue_self_signed({}); },
                            "; its issuer, CN=localhost, is not among the trusted authorities (tls.ca_file adds one)"},
        refused_certificate{"unknown_authority",
                            [](auto& served, auto&, auto&) { served.identity = issue(make_authority("x"), {}); },
                            "; its issuer, CN=x, is not among the trusted authorities (tls.ca_file adds one)"},
        refused_certificate{"wrong_usage",
                            showing(with([](auto& spec) { spec.extended_key_usage = "clientAuth"; })),
                            "purpose"},
        refused_certificate{"missing_intermediate",
                            [](auto& served, auto&, const auto& authority) {
                                served.identity = issue(intermediate_of(authority), {});
                            },
                            "unable to get local issuer certificate; its issuer, CN="},
        refused_certificate{"chain_of_an_unknown_authority",
                            [](auto& served, auto&, auto&) {
                                const pem_pair between = intermediate_of(make_authority("far away"));
                                served.identity = issue(between, {});
                                served.identity.certificate += between.certificate;
                            },
                            "; its issuer, CN=far away, is not among the trusted authorities"},
        refused_certificate{"weak_key", showing(with([](auto& spec) { spec.rsa_bits = 1024; })), "key too weak"},
        refused_certificate{"weak_signature", showing(with([](auto& spec) { spec.digest = "SHA1"; })),
                            "digest algorithm too weak"},
        refused_certificate{"wrong_pin",
                            [](auto&, auto& options, const auto& authority) {
                                options.tls.pinned_public_keys = {pin_of(authority.certificate)};
                            },
                            "tls.pinned_public_keys"},
        refused_certificate{"tls_1_1_only",
                            [](auto& served, auto&, auto&) {
                                served.configure = [](SSL_CTX* context) {
                                    SSL_CTX_clear_options(context, SSL_OP_NO_TLSv1_1);
                                    SSL_CTX_set_min_proto_version(context, TLS1_1_VERSION);
                                    SSL_CTX_set_max_proto_version(context, TLS1_1_VERSION);
                                };
                            },
                            "protocol"},
        refused_certificate{"http_2",
                            [](auto& served, auto&, auto&) {
                                served.configure = [](SSL_CTX* context) {
                                    SSL_CTX_set_alpn_select_cb(
                                        context,
                                        [](SSL*, const unsigned char** chosen, unsigned char* size,
                                           const unsigned char*, unsigned, void*) {
                                            *chosen = reinterpret_cast<const unsigned char*>("h2");
                                            *size = 2;
                                            return SSL_TLSEXT_ERR_OK;
                                        },
                                        nullptr);
                                };
                            },
                            "bad extension"}),
    [](const auto& each) { return std::string{each.param.name}; });

class certificate_test : public tls_test {};

TEST_F(certificate_test, a_revoked_one_is_refused_and_another_of_the_same_authority_is_not)
{
    const temporary_file list{make_revocation_list(authority, {served.identity.certificate})};
    options.tls.crl_file = list.path();
    const auto failure = failure_of(verb::post);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::tls_verify_failed);
    EXPECT_NE(std::string{failure->what()}.find("revoked"), std::string::npos) << failure->what();
    EXPECT_EQ(server->account().application_bytes, 0U);

    client.reset();
    server.reset();
    served.identity = issue(authority, certificate_spec{});
    expect_success();
}

TEST_F(certificate_test, without_a_list_of_its_authority_it_is_refused)
{
    const temporary_file list{make_revocation_list(make_authority("another"), {})};
    options.tls.crl_file = list.path();
    const auto failure = failure_of();
    ASSERT_TRUE(failure);
    EXPECT_NE(std::string{failure->what()}.find("unable to get certificate CRL"), std::string::npos) << failure->what();
}

TEST_F(certificate_test, the_pinned_key_is_accepted_in_either_spelling)
{
    options.tls.pinned_public_keys = {pin_of(authority.certificate), pin_of(served.identity.certificate)};
    expect_success();
    client.reset();
    options.tls.pinned_public_keys = {"sha256/" + pin_of(served.identity.certificate)};
    expect_success();
}

TEST_F(certificate_test, an_intermediate_that_is_shown_is_used)
{
    const pem_pair between = intermediate_of(authority);
    served.identity = issue(between, certificate_spec{});
    served.identity.certificate += between.certificate;
    expect_success();
}

struct name_case {
    const char* in_certificate;
    const char* asked_for;
    bool accepted;
};

class certificate_name : public tls_test, public ::testing::WithParamInterface<name_case> {};

TEST_P(certificate_name, is_that_of_the_server)
{
    const auto& [in_certificate, asked_for, accepted] = GetParam();
    certificate_spec wanted;
    wanted.common_name = asked_for;
    const std::string name{in_certificate};
    const bool is_address = name.starts_with("IP:");
    wanted.dns_names.clear();
    wanted.addresses.clear();
    (is_address ? wanted.addresses : wanted.dns_names).push_back(is_address ? name.substr(3) : name);
    served.identity = issue(authority, wanted);
    options.tls.server_name = asked_for;
    const auto failure = failure_of();
    EXPECT_EQ(!failure, accepted) << asked_for << (failure ? failure->what() : " was accepted");
    if (accepted) {
        const std::string asked_at_server = server->account().server_names.at(0);
        std::string expected = is_address ? "" : asked_for;
        if (expected.ends_with('.')) {
            expected.pop_back();
        }
        EXPECT_EQ(asked_at_server, expected) << "an address must not be asked for, nor the dot of a complete name";
    }
}

INSTANTIATE_TEST_SUITE_P(
    table, certificate_name,
    ::testing::Values(name_case{"a.test", "a.test", true}, name_case{"A.TEST", "a.test", true},
                      name_case{"a.test", "a.test.", true}, name_case{"*.a.test", "x.a.test", true},
                      name_case{"*.a.test", "a.test", false}, name_case{"*.a.test", "x.y.a.test", false},
                      name_case{"f*.a.test", "fx.a.test", false}, name_case{"x.*.test", "x.a.test", false},
                      name_case{"IP:10.0.0.1", "10.0.0.1", true}, name_case{"IP:10.0.0.1", "10.0.0.2", false},
                      name_case{"10.0.0.1", "10.0.0.1", false}, name_case{"IP:2001:db8::1", "2001:db8::1", true},
                      name_case{"IP:2001:db8::1", "2001:0DB8:0:0:0:0:0:1", true},
                      name_case{"IP:2001:db8::1", "2001:db8::2", false}));

TEST_F(certificate_test, a_server_without_alpn_is_accepted)
{
    served.configure = [](SSL_CTX* native) {
        SSL_CTX_set_alpn_select_cb(
            native,
            [](SSL*, const unsigned char**, unsigned char*, const unsigned char*, unsigned, void*) {
                return SSL_TLSEXT_ERR_NOACK;
            },
            nullptr);
    };
    expect_success();
}

TEST_F(certificate_test, options_that_cannot_be_used_are_named)
{
    const temporary_file nothing{"nothing"};
    open();
    const auto refusal_of = [&](const std::function<void(tls_options&)>& change) {
        client_options changed = options;
        change(changed.tls);
        try {
            const sipher::client refused{context, changed};
        } catch (const error& failure) {
            return std::string{failure.message()};
        }
        return std::string{"accepted"};
    };
    EXPECT_TRUE(refusal_of([&](auto& tls) { tls.crl_file = nothing.path(); }).starts_with("tls.crl_file: cannot"));
    EXPECT_TRUE(refusal_of([&](auto& tls) { tls.crl_file = "/nowhere"; }).starts_with("tls.crl_file: cannot"));
    EXPECT_EQ(refusal_of([&](auto& tls) {
                  tls.ca_pem.clear();
                  tls.ca_file = "/nowhere";
              }),
              "tls.ca_file: cannot read certificates from /nowhere: No such file or directory");
    for (const char* const pin : {"", "sha256/", "c2hvcnQ=", "sha1/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                  "!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
        EXPECT_TRUE(
            refusal_of([&](auto& tls) { tls.pinned_public_keys = {pin}; }).starts_with("tls.pinned_public_keys: must"))
            << pin;
    }
    EXPECT_TRUE(refusal_of([&](auto& tls) {
                    tls.private_key_passphrase = "x";
                }).starts_with("tls.private_key_passphrase: must"));
}

} // namespace
} // namespace sipher::test
