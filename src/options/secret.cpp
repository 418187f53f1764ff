#include <sipher/secret.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace sipher {

secret::secret(std::string_view text)
{
    if (!text.empty()) {
        text_ = std::make_unique_for_overwrite<char[]>(text.size());
        std::copy(text.begin(), text.end(), text_.get());
        size_ = text.size();
    }
}

secret::secret(secret&& other) noexcept : text_(std::move(other.text_)), size_(std::exchange(other.size_, 0)) {}

secret& secret::operator=(const secret& other)
{
    if (this != &other) {
        *this = secret{other};
    }
    return *this;
}

secret& secret::operator=(secret&& other) noexcept
{
    if (this != &other) {
        wipe();
        text_ = std::move(other.text_);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

secret::~secret()
{
    wipe();
}

void secret::wipe() noexcept
{
    if (text_) {
        OPENSSL_cleanse(text_.get(), size_);
        text_.reset();
        size_ = 0;
    }
}

bool operator==(const secret& left, const secret& right) noexcept
{
    return left.size_ == right.size_ &&
           (left.size_ == 0 || CRYPTO_memcmp(left.text_.get(), right.text_.get(), left.size_) == 0);
}

std::ostream& operator<<(std::ostream& os, const secret&)
{
    return os << "[secret]";
}

} // namespace sipher
