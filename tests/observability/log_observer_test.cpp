#include <sipher/observability.hpp>

#include <sipher/error.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

namespace sipher {
namespace {

using namespace std::chrono_literals;

class log_observer_test : public testing::Test {
protected:
    /// What has been written since the last call.
    std::string written()
    {
        std::string text = out.str();
        out.str("");
        return text;
    }

    std::ostringstream out;
    log_observer log{out, log_level::debug};
};

attempt_event attempt_of(const attempt& made)
{
    attempt_event event;
    event.operation = "get_session";
    event.verb = "GET";
    event.target = "/v1/sessions/sess_12…";
    event.number = 2;
    event.attempt = &made;
    return event;
}

TEST_F(log_observer_test, connections)
{
    connect_event made;
    made.host = "api.example";
    made.address = "192.0.2.1:443";
    made.proxy = "proxy.example:3128";
    made.tls_version = "TLSv1.3";
    made.resumed = true;
    made.duration = 12'345us;
    log.on_connect(made);
    EXPECT_EQ(written(), "level=debug event=connect host=api.example address=192.0.2.1:443 proxy=proxy.example:3128 "
                         "tls=TLSv1.3 resumed=true duration=0.012345\n");

    connect_event failed;
    failed.host = "api.example";
    failed.code = errc::connect_failed;
    failed.message = "no route\nto \"host\"\\";
    failed.duration = 2s;
    log.on_connect(failed);
    EXPECT_EQ(written(), "level=warning event=connect host=api.example resumed=false duration=2 "
                         R"(error="no route\x0ato \"host\"\\")"
                         "\n");

    close_event closed;
    closed.address = "192.0.2.1:443";
    closed.reason = close_reason::not_reusable;
    closed.age = 90s;
    closed.requests = 7;
    log.on_close(closed);
    EXPECT_EQ(written(), "level=debug event=close address=192.0.2.1:443 reason=\"not reusable\" age=90 requests=7\n");
}

TEST_F(log_observer_test, attempts_and_retries)
{
    attempt made;
    made.address = "192.0.2.1:443";
    made.status = 200;
    made.request_id = "r-1";
    made.duration = 250ms;
    log.on_attempt(attempt_of(made));
    EXPECT_EQ(written(), "level=info event=attempt operation=get_session number=2 verb=GET "
                         "target=\"/v1/sessions/sess_12…\" address=192.0.2.1:443 status=200 request_id=r-1 "
                         "duration=0.25\n");

    attempt failed;
    failed.code = errc::attempt_timeout;
    failed.reached = phase::reading_header;
    failed.outcome = outcome::unknown;
    log.on_attempt(attempt_of(failed));
    EXPECT_EQ(written(),
              "level=warning event=attempt operation=get_session number=2 verb=GET "
              "target=\"/v1/sessions/sess_12…\" duration=0 phase=\"reading header\" outcome=unknown error=\"" +
                  failed.code.message() + "\"\n");

    retry_event again;
    again.operation = "get_session";
    again.number = 2;
    again.delay = 1500us;
    again.code = errc::no_response;
    log.on_retry(again);
    EXPECT_EQ(written(), "level=info event=retry operation=get_session number=2 delay=0.0015 error=\"" +
                             again.code.message() + "\"\n");
}

TEST_F(log_observer_test, limits)
{
    rate_limit_event limit;
    limit.closed_for = 30s;
    log.on_rate_limit(limit);
    EXPECT_EQ(written(), "level=info event=rate_limit refused=false closed_for=30\n");
    limit.refused = true;
    limit.state.limit = 100;
    log.on_rate_limit(limit);
    EXPECT_EQ(written(), "level=warning event=rate_limit refused=true closed_for=30 limit=100\n");

    quota_event quota;
    quota.category = "session";
    quota.threshold = 80;
    quota.used = 81;
    quota.quota = 100;
    quota.renewed_in = 1h;
    log.on_quota(quota);
    EXPECT_EQ(written(), "level=warning event=quota category=session threshold=80 used=81 quota=100 renewed_in=3600\n");
}

TEST_F(log_observer_test, leaves_out_what_is_below_its_level)
{
    log_observer warnings{out, log_level::warning};
    attempt made;
    warnings.on_connect({});
    warnings.on_close({});
    warnings.on_attempt(attempt_of(made));
    warnings.on_retry({});
    warnings.on_rate_limit({});
    EXPECT_EQ(written(), "");
    made.code = errc::no_response;
    warnings.on_attempt(attempt_of(made));
    EXPECT_EQ(written().substr(0, 14), "level=warning ");

    log_observer by_default{out};
    by_default.on_connect({});
    by_default.on_close({});
    EXPECT_EQ(written(), "");
    by_default.on_retry({});
    EXPECT_EQ(written().substr(0, 11), "level=info ");
}

/// The variable as it was, afterwards.
class log_environment_test : public testing::Test {
protected:
    log_environment_test()
    {
        if (const char* const value = std::getenv("SIPHER_LOG")) {
            before_ = value;
        }
    }
    ~log_environment_test() override
    {
        if (before_) {
            ::setenv("SIPHER_LOG", before_->c_str(), 1);
        } else {
            ::unsetenv("SIPHER_LOG");
        }
    }

private:
    std::optional<std::string> before_;
};

TEST_F(log_environment_test, tells_the_level)
{
    ::unsetenv("SIPHER_LOG");
    EXPECT_EQ(log_observer::from_environment(), nullptr);
    for (const char* const silent : {"", "off"}) {
        ::setenv("SIPHER_LOG", silent, 1);
        EXPECT_EQ(log_observer::from_environment(), nullptr) << silent;
    }
    ::setenv("SIPHER_LOG", "info", 1);
    const auto log = log_observer::from_environment();
    ASSERT_NE(log, nullptr);
    testing::internal::CaptureStderr();
    log->on_connect({});
    log->on_retry({});
    EXPECT_EQ(testing::internal::GetCapturedStderr().find("level=info event=retry "), 0U);
}

TEST_F(log_environment_test, refuses_what_is_no_level)
{
    ::setenv("SIPHER_LOG", "verbose", 1);
    try {
        (void)log_observer::from_environment();
        FAIL() << "nothing was thrown";
    } catch (const error& failure) {
        EXPECT_EQ(failure.code(), errc::invalid_request);
        EXPECT_NE(std::string{failure.what()}.find("SIPHER_LOG must be debug, info, warning or off"),
                  std::string::npos);
    }
}

class throwing_observer : public observer {
public:
    void on_retry(const retry_event&) override { throw std::runtime_error{"full"}; }
};

TEST_F(log_observer_test, other_observers_receive_the_same_events)
{
    tee_observer all{{nullptr, std::make_shared<throwing_observer>(),
                      std::make_shared<log_observer>(out, log_level::debug),
                      std::make_shared<log_observer>(out, log_level::warning)}};
    attempt made;
    all.on_connect({});
    all.on_close({});
    all.on_attempt(attempt_of(made));
    all.on_retry({});
    all.on_rate_limit({});
    all.on_quota({});
    std::istringstream lines{written()};
    std::string events, line;
    while (std::getline(lines, line)) {
        std::istringstream words{line};
        std::string level, event;
        words >> level >> event;
        events += event.substr(event.find('=') + 1) + " ";
    }
    EXPECT_EQ(events, "connect close attempt retry rate_limit quota quota ");
}

} // namespace
} // namespace sipher
