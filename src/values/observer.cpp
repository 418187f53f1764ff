#include <sipher/observer.hpp>

namespace sipher {

observer::~observer() = default;

void observer::on_connect(const connect_event&) {}
void observer::on_attempt(const attempt_event&) {}
void observer::on_retry(const retry_event&) {}

} // namespace sipher
