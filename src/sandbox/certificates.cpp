#include "sandbox/certificates.hpp"

#include <boost/asio/ssl/error.hpp>
#include <boost/system/system_error.hpp>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <utility>

namespace sipher::testing::detail {

namespace {

struct release {
    void operator()(BIO* handle) const noexcept { BIO_free_all(handle); }
    void operator()(EVP_PKEY* handle) const noexcept { EVP_PKEY_free(handle); }
    void operator()(X509* handle) const noexcept { X509_free(handle); }
    void operator()(X509_EXTENSION* handle) const noexcept { X509_EXTENSION_free(handle); }
};

template <class Handle>
using owned = std::unique_ptr<Handle, release>;

[[noreturn]] void throw_last_error(const char* what)
{
    const boost::system::error_code code{static_cast<int>(ERR_get_error()), boost::asio::error::get_ssl_category()};
    throw boost::system::system_error{code, what};
}

void require(bool condition, const char* what)
{
    if (!condition) {
        throw_last_error(what);
    }
}

template <class Write>
std::string to_pem(Write write)
{
    const owned<BIO> memory{BIO_new(BIO_s_mem())};
    require(memory != nullptr && write(memory.get()) == 1, "write PEM");
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

owned<BIO> reader_of(const std::string& pem)
{
    return owned<BIO>{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

owned<EVP_PKEY> make_key(const certificate_spec& spec)
{
    owned<EVP_PKEY> key{spec.rsa_bits != 0 ? EVP_RSA_gen(spec.rsa_bits) : EVP_EC_gen("P-256")};
    require(key != nullptr, "generate key");
    return key;
}

void set_serial(X509* certificate)
{
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "generate serial");
    // Positive, however the reader interprets the sign bit.
    require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), (serial >> 1U) | 1U) == 1, "set serial");
}

void set_common_name(X509* certificate, const std::string& name)
{
    const auto* const text = reinterpret_cast<const unsigned char*>(name.c_str());
    require(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8, text,
                                       static_cast<int>(name.size()), -1, 0) == 1,
            "set common name");
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value)
{
    if (value.empty()) {
        return;
    }
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const owned<X509_EXTENSION> extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "add extension");
}

std::string alternative_names(const certificate_spec& spec)
{
    std::string text;
    const auto add = [&text](const char* kind, const std::string& name) {
        text.append(text.empty() ? "" : ",").append(kind).append(name);
    };
    for (const std::string& name : spec.dns_names) {
        add("DNS:", name);
    }
    for (const std::string& address : spec.addresses) {
        add("IP:", address);
    }
    return text;
}

owned<X509> begin_certificate(EVP_PKEY* key, const certificate_spec& spec)
{
    owned<X509> certificate{X509_new()};
    require(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1, "make certificate");
    set_serial(certificate.get());
    set_common_name(certificate.get(), spec.common_name);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), static_cast<long>(spec.valid_from.count()));
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), static_cast<long>(spec.valid_until.count()));
    require(X509_set_pubkey(certificate.get(), key) == 1, "set public key");
    return certificate;
}

/// `issuer` is the certificate itself if self-signed.
void finish_certificate(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, const certificate_spec& spec)
{
    require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "set issuer");
    add_extension(certificate, issuer, NID_basic_constraints, spec.basic_constraints);
    add_extension(certificate, issuer, NID_key_usage, spec.key_usage);
    add_extension(certificate, issuer, NID_ext_key_usage, spec.extended_key_usage);
    add_extension(certificate, issuer, NID_subject_alt_name, alternative_names(spec));
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
    const EVP_MD* const digest = EVP_get_digestbyname(spec.digest.c_str());
    require(digest != nullptr && X509_sign(certificate, issuer_key, digest) > 0, "sign certificate");
}

pem_pair to_pair(X509* certificate, EVP_PKEY* key)
{
    return {to_pem([certificate](BIO* out) { return PEM_write_bio_X509(out, certificate); }), to_pem([key](BIO* out) {
                return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

} // namespace

pem_pair make_authority(const std::string& common_name)
{
    certificate_spec spec;
    spec.common_name = common_name;
    spec.dns_names.clear();
    spec.addresses.clear();
    spec.key_usage = "critical,keyCertSign,cRLSign";
    spec.extended_key_usage.clear();
    spec.basic_constraints = "critical,CA:TRUE";
    return issue_self_signed(spec);
}

pem_pair issue_self_signed(const certificate_spec& spec)
{
    const owned<EVP_PKEY> key = make_key(spec);
    const owned<X509> certificate = begin_certificate(key.get(), spec);
    finish_certificate(certificate.get(), certificate.get(), key.get(), spec);
    return to_pair(certificate.get(), key.get());
}

pem_pair issue(const pem_pair& authority, const certificate_spec& spec)
{
    const owned<X509> issuer{PEM_read_bio_X509(reader_of(authority.certificate).get(), nullptr, nullptr, nullptr)};
    require(issuer != nullptr, "read authority");
    const owned<EVP_PKEY> issuer_key{
        PEM_read_bio_PrivateKey(reader_of(authority.private_key).get(), nullptr, nullptr, nullptr)};
    require(issuer_key != nullptr, "read authority's key");
    const owned<EVP_PKEY> key = make_key(spec);
    const owned<X509> certificate = begin_certificate(key.get(), spec);
    finish_certificate(certificate.get(), issuer.get(), issuer_key.get(), spec);
    return to_pair(certificate.get(), key.get());
}

} // namespace sipher::testing::detail
