#pragma once

#include <openssl/err.h>

#include <new>
#include <string>
#include <utility>
#include <vector>

namespace sipher::detail {

/// While it lives, this thread's queue of OpenSSL errors is ours: what the user's own calls left there is set aside
/// before, so that it is not taken for ours, and is all that is there afterwards.
class openssl_errors {
public:
    openssl_errors() noexcept
    {
        // To look costs less than to clear, and there is next to never anything.
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
    /// OpenSSL was called with success only, and leaves no error then.
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
