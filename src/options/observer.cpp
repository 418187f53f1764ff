#include <sipher/observer.hpp>

#include <ostream>

namespace sipher {

const char* to_string(close_reason value) noexcept
{
    switch (value) {
    case close_reason::peer: return "closed by the server";
    case close_reason::unsolicited: return "unsolicited bytes";
    case close_reason::expired: return "expired";
    case close_reason::surplus: return "surplus";
    case close_reason::failed: return "failed";
    case close_reason::not_reusable: return "not reusable";
    case close_reason::client_closed: return "client closed";
    }
    return "";
}

std::ostream& operator<<(std::ostream& os, close_reason value)
{
    return os << to_string(value);
}

call_observer::~call_observer() = default;

void call_observer::on_attempt_begin(const attempt_begin_event&, header_list&) {}
void call_observer::on_attempt(const attempt_event&) {}
void call_observer::on_end(const call_end_event&) {}

observer::~observer() = default;

void observer::on_connect(const connect_event&) {}
void observer::on_close(const close_event&) {}
std::unique_ptr<call_observer> observer::on_call(const call_event&)
{
    return nullptr;
}
void observer::on_attempt(const attempt_event&) {}
void observer::on_retry(const retry_event&) {}
void observer::on_rate_limit(const rate_limit_event&) {}
void observer::on_quota(const quota_event&) {}

} // namespace sipher
