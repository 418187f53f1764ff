#include "support/client_fixture.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <random>
#include <string>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

/// Random sequences of what can happen to a live session; each use is held against the service's own account.
class session_property : public client_test {
protected:
    /// As `run`, but time passes where nothing else happens, so that waits end.
    template <class T>
    void finish(boost::asio::awaitable<T> work)
    {
        std::exception_ptr thrown;
        bool done = false;
        boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr failure, const T&) {
            thrown = std::move(failure);
            done = true;
        });
        for (int i = 0; i < 10'000 && !done; ++i) {
            context.restart();
            if (context.run_one_for(20ms) == 0 && !is_service_busy()) {
                clock->advance(100ms);
            }
        }
        ASSERT_TRUE(done) << "it hangs";
        if (thrown) {
            std::rethrow_exception(thrown);
        }
    }

    /// On a busy machine a response may take longer than a handler is waited for.
    bool is_service_busy()
    {
        const client_stats connections = client().stats();
        return connections.busy != 0 || connections.dialing != 0;
    }

    session_defaults draw_defaults()
    {
        static const std::array chains{chain::solana, chain::near, chain::sui, chain::aptos};
        static const std::array levels{privacy_level::standard, privacy_level::shielded, privacy_level::maximum};
        session_defaults drawn;
        if (random() % 2 == 0) {
            drawn.chain = chains[random() % chains.size()];
        }
        if (random() % 2 == 0) {
            drawn.privacy_level = levels[random() % levels.size()];
        }
        return drawn;
    }

    void start()
    {
        live_session_options rules;
        rules.time_to_live = 60s;
        rules.pin_defaults = pinned;
        intended = draw_defaults();
        live.emplace(run(live_session::start(client(), intended, rules)));
    }

    void use()
    {
        finish(live->request(verb::post, "/v1/stealth/generate", json::object{}));
        ++uses;
        const auto ledger = sandbox().ledger();
        // Not just the last entry: a session that was replaced may be deleted at the same time.
        for (; checked != ledger.size(); ++checked) {
            if (const auto& ran_under = ledger[checked].effective_defaults) {
                wrong += as_the_service_fills_in(*ran_under) == as_the_service_fills_in(intended) ? 0 : 1;
            }
        }
    }

    /// What nobody has set is left to the service, so it says the same with and without a session.
    static session_defaults as_the_service_fills_in(session_defaults under)
    {
        under.chain = under.chain.value_or(chain::solana);
        under.privacy_level = under.privacy_level.value_or(privacy_level::standard);
        return under;
    }

    void update()
    {
        const session_defaults changes = draw_defaults();
        if (random() % 4 == 0) {
            sandbox().add_fault(sipher::testing::fault::cut_response(0));
        }
        try {
            finish(live->update(changes));
            if (changes.chain) {
                intended.chain = changes.chain;
            }
            if (changes.privacy_level) {
                intended.privacy_level = changes.privacy_level;
            }
        } catch (const error&) {
            ++failed;
        }
        sandbox().clear_faults();
    }

    void step()
    {
        switch (random() % 12) {
        case 0: update(); break;
        case 1: sandbox().lose_session(live->id()); break;
        case 2:
            sandbox().restart();
            settle();
            break;
        case 3: clock->advance(std::chrono::seconds{random() % 70}); break;
        case 4: error_of_verify(); break;
        case 5:
            finish([](live_session mine) -> boost::asio::awaitable<int> {
                co_await mine.close();
                co_return 0;
            }(*live));
            start();
            break;
        default: use(); break;
        }
        context.restart();
        context.poll();
    }

    void error_of_verify()
    {
        try {
            finish(live->verify());
        } catch (const error&) {
            ++failed;
        }
    }

    std::mt19937 random{20261125};
    bool pinned = true;
    session_defaults intended;
    std::optional<live_session> live;
    std::size_t checked = 0;
    int uses = 0;
    int wrong = 0;
    int failed = 0;
};

TEST_F(session_property, no_request_runs_under_other_defaults_than_the_intended_ones)
{
    options.retry.retry_updates = false;
    start();
    for (int i = 0; i < 1500; ++i) {
        step();
    }
    EXPECT_GT(uses, 500);
    EXPECT_GT(failed, 10);
    EXPECT_EQ(wrong, 0) << "of " << uses;
    live.reset();
    settle();
}

TEST_F(session_property, without_pinning_the_same_shows_the_hazard)
{
    pinned = false;
    start();
    for (int i = 0; i < 1000; ++i) {
        step();
    }
    EXPECT_GT(wrong, 10) << "of " << uses;
    live.reset();
    settle();
}

} // namespace
} // namespace sipher::test
