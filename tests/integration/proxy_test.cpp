#include "support/client_fixture.hpp"
#include "support/connect_proxy.hpp"

#include <sipher/sipher.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>

namespace sipher::test {
namespace {

/// Records every message.
class listener final : public observer {
public:
    void on_connect(const connect_event& event) override
    {
        const std::lock_guard lock{mutex};
        heard.append(event.host).append(" ").append(event.address).append(" ").append(event.proxy).append(" ");
        heard.append(event.message).append("\n");
    }

    std::mutex mutex;
    std::string heard;
};

class through_a_proxy : public client_test {
protected:
    const std::shared_ptr<listener> heard = std::make_shared<listener>();
};

TEST_F(through_a_proxy, tls_is_spoken_with_the_service_and_credentials_with_the_proxy_only)
{
    connect_proxy proxy;
    options = sandbox().options();
    options.proxy.url = proxy.url("marker-user:marker-word@");
    options.observer = heard;
    const session made = create();
    EXPECT_EQ(run(client().get_session(made.id)).id, made.id);

    ASSERT_EQ(proxy.requests().size(), 1U);
    // "marker-user:marker-word"
    const std::string credentials = "bWFya2VyLXVzZXI6bWFya2VyLXdvcmQ=";
    EXPECT_NE(proxy.requests()[0].find("Proxy-Authorization: Basic " + credentials), std::string::npos);
    EXPECT_EQ(proxy.requests()[0].find("X-API-Key"), std::string::npos);
    for (const auto& entry : sandbox().ledger()) {
        for (const auto& [name, value] : entry.headers) {
            EXPECT_EQ(value.find(credentials), std::string::npos) << name;
        }
    }
    EXPECT_EQ(heard->heard.find("marker"), std::string::npos) << heard->heard;
    EXPECT_EQ(heard->heard.find(credentials), std::string::npos) << heard->heard;
    EXPECT_NE(heard->heard.find("localhost 127.0.0.1:"), std::string::npos) << heard->heard;
}

TEST_F(through_a_proxy, a_server_that_the_proxy_cannot_reach_is_not_sent_anything)
{
    connect_proxy proxy;
    options = sandbox().options();
    options.base_url = "https://localhost:1";
    options.proxy.url = proxy.url();
    options.retry.max_attempts = 1;
    const error failure = failure_of(client().get_session(session_id{}));
    EXPECT_EQ(failure.code(), errc::proxy_failed) << failure.what();
    EXPECT_EQ(failure.outcome(), outcome::not_sent);
}

} // namespace
} // namespace sipher::test
