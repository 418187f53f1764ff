#pragma once

#include <sipher/config.hpp>
#include <sipher/observer.hpp>

#include <iosfwd>
#include <memory>
#include <mutex>
#include <string>

namespace sipher {

/// Severity of an event.
enum class log_level {
    /// Connections established or closed.
    debug,
    /// Attempts that succeeded, retries, the last request of a rate limit's window.
    info,
    /// Failed connections, failed attempts, requests refused by the rate limit, quotas.
    warning,
};

/// `debug`, `info` or `warning`.
SIPHER_API const char* to_string(log_level value) noexcept;
SIPHER_API std::ostream& operator<<(std::ostream& os, log_level value);

/// Writes one line per event, such as `level=info event=attempt operation=get_session number=1 status=200 …`.
///
/// A value is quoted unless it consists of visible ASCII without `"`, `=` and `\`. Within quotes, `"` and `\` are
/// escaped with a `\`, and control characters are written as `\x0a`, so an event is always one line.
/// Lines have no timestamp: journals and containers add one.
///
/// Thread safety: all members may be called from any thread; a line is written in one piece. The stream must outlive
/// the observer, and nothing else may write to it meanwhile, unless it is a synchronized standard stream.
class SIPHER_API log_observer : public observer {
public:
    explicit log_observer(std::ostream& out, log_level lowest = log_level::info);
    ~log_observer() override;

    /// Writes to `std::cerr`, from the level in the environment variable `SIPHER_LOG` upwards: `debug`, `info` or
    /// `warning`. Null if it is `off`, empty or unset.
    /// @throws sipher::error with `errc::invalid_request` if it is anything else.
    [[nodiscard]] static std::shared_ptr<log_observer> from_environment();

    void on_connect(const connect_event& event) override;
    void on_close(const close_event& event) override;
    void on_attempt(const attempt_event& event) override;
    void on_retry(const retry_event& event) override;
    void on_rate_limit(const rate_limit_event& event) override;
    void on_quota(const quota_event& event) override;

private:
    void write(const std::string& line);

    std::mutex mutex_;
    std::ostream& out_;
    const log_level lowest_;
};

} // namespace sipher
