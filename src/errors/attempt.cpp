#include <sipher/attempt.hpp>

#include <ostream>

namespace sipher {

const char* to_string(outcome value) noexcept
{
    switch (value) {
    case outcome::not_sent: return "not sent";
    case outcome::not_applied: return "not applied";
    case outcome::unknown: return "unknown";
    case outcome::applied_result_lost: return "applied, result lost";
    }
    return "";
}

std::ostream& operator<<(std::ostream& os, outcome value)
{
    return os << to_string(value);
}

const char* to_string(phase value) noexcept
{
    switch (value) {
    case phase::waiting: return "waiting";
    case phase::resolving: return "resolving";
    case phase::connecting: return "connecting";
    case phase::tls_handshake: return "TLS handshake";
    case phase::writing: return "writing";
    case phase::reading_header: return "reading header";
    case phase::reading_body: return "reading body";
    case phase::done: return "done";
    }
    return "";
}

std::ostream& operator<<(std::ostream& os, phase value)
{
    return os << to_string(value);
}

} // namespace sipher
