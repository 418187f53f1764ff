#pragma once

#include "support/client_fixture.hpp"
#include "support/tls_server.hpp"

#include <sipher/sipher.hpp>
#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>

#include <openssl/pem.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

namespace sipher::test {

/// A file that exists as long as this object.
class temporary_file {
public:
    explicit temporary_file(const std::string& content)
    {
        const int file = ::mkstemp(path_.data());
        EXPECT_GE(file, 0);
        ::close(file);
        std::ofstream{path_} << content;
    }
    ~temporary_file() { ::unlink(path_.c_str()); }
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_ = ::testing::TempDir() + "sipher-XXXXXX";
};

/// A private key in PEM, encrypted.
[[nodiscard]] inline std::string encrypted(const std::string& private_key, std::string passphrase)
{
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> source{
        BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size())), &BIO_free_all};
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
        PEM_read_bio_PrivateKey(source.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory{BIO_new(BIO_s_mem()), &BIO_free_all};
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr, passphrase.data());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

/// Calls to a `tls_server` with its own authority.
class tls_test : public ::testing::Test {
protected:
    using spec = testing::detail::certificate_spec;

    tls_test()
    {
        options.tls.ca_pem = authority.certificate;
        options.api_key = "key";
        options.clock = clock;
        served.identity = issue(authority, spec{});
    }

    ~tls_test() override
    {
        client.reset();
        context.restart();
        context.run();
    }

    /// Call it once `served` and `options` are set; the first call also does.
    void open()
    {
        if (!server) {
            server = std::make_unique<tls_server>(served);
            options.base_url = "https://localhost:" + std::to_string(server->port());
        }
        if (!client) {
            client = std::make_unique<sipher::client>(context, options);
        }
    }

    /// The failure of one request, if it fails.
    std::optional<error> failure_of(verb method = verb::get)
    {
        open();
        bool done = false;
        std::optional<error> failure;
        boost::asio::co_spawn(context, client->request(method, "/anything"),
                              [&](const std::exception_ptr& thrown, const boost::json::value&) {
                                  done = true;
                                  failure = error_of(thrown);
                              });
        run_until(context, [&] { return done; });
        return failure;
    }

    void expect_success()
    {
        const auto failure = failure_of();
        EXPECT_FALSE(failure) << failure->what();
    }

    boost::asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>(
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    const testing::detail::pem_pair authority = testing::detail::make_authority();
    tls_server_options served;
    client_options options;
    std::unique_ptr<tls_server> server;
    std::unique_ptr<sipher::client> client;
};

} // namespace sipher::test
