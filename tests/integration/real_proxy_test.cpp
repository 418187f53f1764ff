#include "support/client_fixture.hpp"
#include "support/external_program.hpp"

#include <sipher/sipher.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;

/// A folder that any user may read, for the proxies' files.
class readable_folder {
public:
    readable_folder()
    {
        EXPECT_NE(::mkdtemp(path_.data()), nullptr);
        std::filesystem::permissions(path_, std::filesystem::perms{0755});
    }
    ~readable_folder() { std::filesystem::remove_all(path_); }
    readable_folder(const readable_folder&) = delete;
    readable_folder& operator=(const readable_folder&) = delete;

    std::string write(const std::string& name, const std::string& content) const
    {
        const std::string path = path_ + "/" + name;
        std::ofstream{path} << content;
        return path;
    }

private:
    std::string path_ = "/tmp/sipher-proxies-XXXXXX";
};

/// A key and a certificate for 127.0.0.1 that vouches for itself, in PEM.
struct identity {
    identity()
    {
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pair{EVP_EC_gen("P-256"), &EVP_PKEY_free};
        const std::unique_ptr<X509, decltype(&X509_free)> made{X509_new(), &X509_free};
        X509_set_version(made.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
        X509_set_pubkey(made.get(), pair.get());
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("proxy"), -1, -1, 0);
        X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
        const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> names{
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"), &X509_EXTENSION_free};
        X509_add_ext(made.get(), names.get(), -1);
        X509_sign(made.get(), pair.get(), EVP_sha256());
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory{BIO_new(BIO_s_mem()), &BIO_free_all};
        PEM_write_bio_X509(memory.get(), made.get());
        certificate = text_of(memory.get());
        PEM_write_bio_PrivateKey(memory.get(), pair.get(), nullptr, nullptr, 0, nullptr, nullptr);
        both = text_of(memory.get());
    }

    static std::string text_of(BIO* memory)
    {
        char* text = nullptr;
        const auto size = BIO_get_mem_data(memory, &text);
        return {text, static_cast<std::size_t>(size)};
    }

    std::string certificate;
    std::string both;
};

/// Proxies that other people wrote. The user is `user` and the password is `word`, where one is wanted.
class real_proxy : public client_test {
protected:
    /// What is to be allowed stands before `rules`.
    std::uint16_t start_squid(const std::string& rules = "http_access allow all\n")
    {
        const std::uint16_t port = free_port();
        const std::string users = files.write("users", "user:$1$saltsalt$K2dwFIhuX2X2NaNlky6kH.\n");
        const std::string settings =
            files.write("squid.conf", "http_port 127.0.0.1:" + std::to_string(port) +
                                          "\nauth_param basic program /usr/lib/squid/basic_ncsa_auth " + users +
                                          "\nauth_param basic children 1\n" + rules +
                                          "pid_filename none\naccess_log none\ncache_log /dev/null\ncache deny all\n"
                                          "pinger_enable off\nnetdb_filename none\nshutdown_lifetime 0\n");
        programs.push_back(std::make_unique<external_program>(
            std::vector<std::string>{"/usr/sbin/squid", "-N", "-f", settings}, port));
        return port;
    }

    std::uint16_t start_stunnel(std::uint16_t to)
    {
        const std::uint16_t port = free_port();
        const std::string settings =
            files.write("stunnel.conf", "foreground = yes\npid =\n[proxy]\naccept = 127.0.0.1:" + std::to_string(port) +
                                            "\nconnect = 127.0.0.1:" + std::to_string(to) +
                                            "\ncert = " + files.write("stunnel.pem", proxy_identity.both) + "\n");
        programs.push_back(
            std::make_unique<external_program>(std::vector<std::string>{"/usr/bin/stunnel", settings}, port));
        return port;
    }

    std::uint16_t start_microsocks(std::vector<std::string> more = {})
    {
        const std::uint16_t port = free_port();
        std::vector<std::string> command{"/usr/bin/microsocks", "-i", "127.0.0.1", "-p", std::to_string(port)};
        command.insert(command.end(), more.begin(), more.end());
        programs.push_back(std::make_unique<external_program>(command, port));
        return port;
    }

    void use(const std::string& scheme, std::uint16_t port, const std::string& who = {})
    {
        sandbox();
        options.proxy.url = scheme + "://" + who + "127.0.0.1:" + std::to_string(port);
    }

    /// A session and a body of many records there and back, over one connection.
    void expect_a_good_way()
    {
        const session made = create();
        EXPECT_EQ(run(client().get_session(made.id)).id, made.id);
        boost::json::object body;
        body["text"] = std::string(90'000, 'x');
        const boost::json::value echoed = run(client().request(verb::post, "/v1/echo", body));
        EXPECT_GT(boost::json::serialize(echoed).size(), 90'000U);
        EXPECT_EQ(client().stats().dialed, 1U);
        EXPECT_EQ(client().stats().idle, 1U);
    }

    /// That of a call with two attempts, which is proven not to have been sent.
    error failure_at(const std::string& base_url)
    {
        options.base_url = base_url;
        options.retry.max_attempts = 2;
        options.retry.base_delay = 0ms;
        const error failure = failure_of(client().get_session(session_id{}));
        EXPECT_EQ(failure.code(), errc::proxy_failed) << failure.what();
        EXPECT_EQ(failure.outcome(), outcome::not_sent);
        EXPECT_NE(std::string{failure.what()}.find("the proxy 127.0.0.1:"), std::string::npos) << failure.what();
        return failure;
    }

    const readable_folder files;
    const identity proxy_identity;
    std::vector<std::unique_ptr<external_program>> programs;
};

TEST_F(real_proxy, squid)
{
    use("http", start_squid());
    expect_a_good_way();
}

TEST_F(real_proxy, squid_requiring_credentials)
{
    const std::uint16_t port = start_squid("acl known proxy_auth REQUIRED\nhttp_access allow known\n");
    use("http", port, "user:word@");
    expect_a_good_way();
}

TEST_F(real_proxy, squid_rejecting_the_credentials)
{
    use("http", start_squid("acl known proxy_auth REQUIRED\nhttp_access allow known\n"), "user:wrong@");
    const error failure = failure_at(options.base_url);
    EXPECT_NE(std::string{failure.what()}.find("407"), std::string::npos) << failure.what();
    EXPECT_EQ(failure.attempts().size(), 1U);
}

TEST_F(real_proxy, squid_that_may_not_connect_there)
{
    use("http", start_squid("http_access deny all\n"));
    EXPECT_EQ(failure_at(options.base_url).attempts().size(), 1U);
}

TEST_F(real_proxy, squid_that_cannot_connect_there_is_asked_again)
{
    use("http", start_squid());
    const error failure = failure_at("https://127.0.0.1:" + std::to_string(free_port()));
    EXPECT_NE(std::string{failure.what()}.find("503"), std::string::npos) << failure.what();
    EXPECT_EQ(failure.attempts().size(), 2U);
}

TEST_F(real_proxy, squid_behind_tls_with_tls_within)
{
    use("https", start_stunnel(start_squid()));
    options.tls.ca_pem += proxy_identity.certificate;
    expect_a_good_way();
}

TEST_F(real_proxy, squid_behind_tls_for_plain_http)
{
    sandbox_options.tls = false;
    use("https", start_stunnel(start_squid()));
    options.tls.ca_pem = proxy_identity.certificate;
    expect_a_good_way();
}

TEST_F(real_proxy, an_unverified_proxy_gets_no_credentials)
{
    use("https", start_stunnel(start_squid()), "user:word@");
    const error failure = failure_at(options.base_url);
    EXPECT_NE(std::string{failure.what()}.find("certificate was not accepted"), std::string::npos) << failure.what();
    EXPECT_EQ(failure.attempts().size(), 1U);
}

TEST_F(real_proxy, microsocks)
{
    for (const char* const scheme : {"socks5", "socks5h"}) {
        use(scheme, start_microsocks());
        expect_a_good_way();
        reset_client();
    }
}

TEST_F(real_proxy, microsocks_requiring_credentials)
{
    use("socks5h", start_microsocks({"-u", "user", "-P", "word"}), "user:word@");
    expect_a_good_way();
}

TEST_F(real_proxy, microsocks_rejecting_the_credentials)
{
    const std::uint16_t port = start_microsocks({"-u", "user", "-P", "word"});
    for (const char* const who : {"", "user:wrong@"}) {
        use("socks5h", port, who);
        EXPECT_EQ(failure_at(options.base_url).attempts().size(), 1U);
        reset_client();
    }
}

TEST_F(real_proxy, microsocks_that_cannot_connect_there_is_asked_again)
{
    use("socks5h", start_microsocks());
    const error failure = failure_at("https://127.0.0.1:" + std::to_string(free_port()));
    EXPECT_NE(std::string{failure.what()}.find("connection refused"), std::string::npos) << failure.what();
    EXPECT_EQ(failure.attempts().size(), 2U);
}

} // namespace
} // namespace sipher::test
