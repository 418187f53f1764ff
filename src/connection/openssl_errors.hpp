#pragma once

#include <string>
#include <vector>

namespace sipher::detail {

/// While it lives, this thread's queue of OpenSSL errors is ours: what the user's own calls left there is set aside
/// before, so that it is not taken for ours, and is all that is there afterwards.
class openssl_errors {
public:
    openssl_errors() noexcept;
    ~openssl_errors();
    openssl_errors(const openssl_errors&) = delete;
    openssl_errors& operator=(const openssl_errors&) = delete;

private:
    struct entry {
        unsigned long code;
        // Copies: OpenSSL frees its own.
        std::string file;
        int line;
        std::string function;
        std::string text;
    };

    void set_aside() noexcept;
    void put_back() const noexcept;

    std::vector<entry> users_;
};

} // namespace sipher::detail
