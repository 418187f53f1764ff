#pragma once

#include <openssl/err.h>

#include <new>
#include <string>
#include <utility>
#include <vector>

namespace sipher::detail {

/// During its lifetime, this thread's OpenSSL error queue is ours: errors left by the user's own calls are set aside
/// first, so that they are not taken for ours, and are restored alone afterwards.
class openssl_errors {
public:
    openssl_errors() noexcept
    {
        // Peeking costs less than clearing, and the queue is almost always empty.
        if (ERR_peek_error() != 0) {
            set_aside();
        }
    }
    ~openssl_errors()
    {
        if (!all_succeeded_ && ERR_peek_error() != 0) {
            ERR_clear_error();
        }
        for (const auto& [code, text] : users_) {
            ERR_raise_data(ERR_GET_LIB(code), ERR_GET_REASON(code), "%s", text.c_str());
        }
    }
    /// All OpenSSL calls succeeded and so left no errors.
    void expect_none() noexcept { all_succeeded_ = true; }
    openssl_errors(const openssl_errors&) = delete;
    openssl_errors& operator=(const openssl_errors&) = delete;

private:
    void set_aside() noexcept
    {
        try {
            const char* text = nullptr;
            int flags = 0;
            while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &text, &flags)) {
                users_.emplace_back(code, (flags & ERR_TXT_STRING) != 0 ? text : "");
            }
        } catch (const std::bad_alloc&) {
            ERR_clear_error();
        }
    }

    std::vector<std::pair<unsigned long, std::string>> users_;
    bool all_succeeded_ = false;
};

} // namespace sipher::detail
