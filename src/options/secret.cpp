#include <sipher/secret.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <ostream>

namespace sipher {

secret::secret(std::string_view text)
{
    if (!text.empty()) {
        text_ = {std::make_unique_for_overwrite<char[]>(text.size()).release(), detail::wiping_delete{text.size()}};
        std::copy(text.begin(), text.end(), text_.get());
    }
}

void detail::wiping_delete::operator()(char* text) const noexcept
{
    OPENSSL_cleanse(text, size);
    delete[] text;
}

bool operator==(const secret& left, const secret& right) noexcept
{
    return left.size() == right.size() &&
           (left.empty() || CRYPTO_memcmp(left.text_.get(), right.text_.get(), left.size()) == 0);
}

std::ostream& operator<<(std::ostream& os, const secret&)
{
    return os << "[secret]";
}

} // namespace sipher
