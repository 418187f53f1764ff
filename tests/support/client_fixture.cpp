#include "support/client_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace sipher::test {

using namespace std::chrono_literals;

void run_until(boost::asio::io_context& context, const std::function<bool()>& ready)
{
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (!ready()) {
        if (std::chrono::steady_clock::now() > give_up) {
            throw std::runtime_error{"nothing happened for 30 s"};
        }
        context.restart();
        context.run_one_for(100ms);
    }
}

std::optional<error> error_of(const std::exception_ptr& thrown)
{
    try {
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    } catch (const error& failure) {
        return failure;
    }
    return std::nullopt;
}

client_test::client_test()
{
    sandbox_options.clock = clock;
}

client_test::~client_test()
{
    client_.reset();
    context.restart();
    context.run_for(10s);
    EXPECT_TRUE(context.stopped()) << "something still waits";
}

sipher::testing::sandbox& client_test::sandbox()
{
    if (!sandbox_) {
        sandbox_ = std::make_unique<sipher::testing::sandbox>(sandbox_options);
        const client_options reach = sandbox_->options();
        if (options.base_url == client_options{}.base_url) {
            options.base_url = reach.base_url;
        }
        if (options.tls.ca_pem.empty() && options.tls.ca_file.empty()) {
            options.tls.ca_pem = reach.tls.ca_pem;
        }
        if (options.api_key.empty() && !options.api_key_provider) {
            options.api_key = reach.api_key;
        }
        options.clock = clock;
    }
    return *sandbox_;
}

sipher::client& client_test::client()
{
    if (!client_) {
        sandbox();
        client_.emplace(context, options);
    }
    return *client_;
}

std::uint64_t client_test::new_requests()
{
    const std::uint64_t seen = std::exchange(requests_seen_, sandbox().counters().requests);
    return requests_seen_ - seen;
}

void client_test::settle(std::size_t held)
{
    std::uint64_t seen = 0;
    do {
        seen = sandbox().counters().requests;
        context.restart();
        context.run_for(3ms);
        // On a busy machine, `run_for` may have run none of the ready handlers.
    } while (context.poll() != 0 || seen != sandbox().counters().requests || client().stats().busy > held ||
             client().stats().dialing != 0);
}

session_defaults client_test::last_effective_defaults()
{
    const auto ledger = sandbox().ledger();
    const auto last = std::find_if(ledger.rbegin(), ledger.rend(),
                                   [](const auto& entry) { return entry.effective_defaults.has_value(); });
    return last != ledger.rend() ? *last->effective_defaults : throw std::logic_error{"no request used a session"};
}

session_defaults near_and_shielded()
{
    session_defaults defaults;
    defaults.chain = chain::near;
    defaults.privacy_level = privacy_level::shielded;
    return defaults;
}

} // namespace sipher::test
