#include "connection/openssl_errors.hpp"

#include <openssl/err.h>

#include <new>

namespace sipher::detail {

// To look costs less than to clear, and there is next to never anything.

openssl_errors::openssl_errors() noexcept
{
    if (ERR_peek_error() != 0) {
        set_aside();
    }
}

openssl_errors::~openssl_errors()
{
    if (ERR_peek_error() != 0) {
        ERR_clear_error();
    }
    if (!users_.empty()) {
        put_back();
    }
}

void openssl_errors::set_aside() noexcept
{
    try {
        const char* file = nullptr;
        const char* function = nullptr;
        const char* text = nullptr;
        int line = 0;
        int flags = 0;
        while (const unsigned long code = ERR_get_error_all(&file, &line, &function, &text, &flags)) {
            users_.push_back({code, file, line, function, (flags & ERR_TXT_STRING) != 0 ? text : ""});
        }
    } catch (const std::bad_alloc&) {
        ERR_clear_error();
    }
}

void openssl_errors::put_back() const noexcept
{
    for (const entry& each : users_) {
        ERR_new();
        ERR_set_debug(each.file.c_str(), each.line, each.function.c_str());
        if (each.text.empty()) {
            ERR_set_error(ERR_GET_LIB(each.code), ERR_GET_REASON(each.code), nullptr);
        } else {
            ERR_set_error(ERR_GET_LIB(each.code), ERR_GET_REASON(each.code), "%s", each.text.c_str());
        }
    }
}

} // namespace sipher::detail
