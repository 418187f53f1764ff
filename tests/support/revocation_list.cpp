#include "support/revocation_list.hpp"

#include "tls/openssl_handle.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace sipher::test {

namespace {

using time_value = std::unique_ptr<ASN1_TIME, detail::openssl_delete<ASN1_TIME_free>>;

detail::bio_ptr reader_of(const std::string& pem)
{
    return detail::bio_ptr{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

detail::x509_ptr read_certificate(const std::string& pem)
{
    return detail::x509_ptr{PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr)};
}

} // namespace

std::string make_revocation_list(const testing::detail::pem_pair& authority, const std::vector<std::string>& revoked)
{
    const detail::x509_ptr issuer = read_certificate(authority.certificate);
    const std::unique_ptr<EVP_PKEY, detail::openssl_delete<EVP_PKEY_free>> key{
        PEM_read_bio_PrivateKey(reader_of(authority.private_key).get(), nullptr, nullptr, nullptr)};
    const std::unique_ptr<X509_CRL, detail::openssl_delete<X509_CRL_free>> list{X509_CRL_new()};
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.get()));
    const time_value yesterday{X509_gmtime_adj(nullptr, -86'400)};
    const time_value next_year{X509_gmtime_adj(nullptr, 365L * 86'400)};
    X509_CRL_set1_lastUpdate(list.get(), yesterday.get());
    X509_CRL_set1_nextUpdate(list.get(), next_year.get());
    for (const std::string& each : revoked) {
        X509_REVOKED* const entry = X509_REVOKED_new();
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(read_certificate(each).get()));
        X509_REVOKED_set_revocationDate(entry, yesterday.get());
        X509_CRL_add0_revoked(list.get(), entry);
    }
    X509_CRL_sort(list.get());
    X509_CRL_sign(list.get(), key.get(), EVP_sha256());
    const detail::bio_ptr memory{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509_CRL(memory.get(), list.get());
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

} // namespace sipher::test
