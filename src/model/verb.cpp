#include <sipher/verb.hpp>

#include <ostream>

namespace sipher {

const char* to_string(verb value) noexcept
{
    switch (value) {
    case verb::get: return "GET";
    case verb::head: return "HEAD";
    case verb::post: return "POST";
    case verb::put: return "PUT";
    case verb::patch: return "PATCH";
    case verb::delete_: return "DELETE";
    }
    return "";
}

std::ostream& operator<<(std::ostream& os, verb value)
{
    return os << to_string(value);
}

} // namespace sipher
