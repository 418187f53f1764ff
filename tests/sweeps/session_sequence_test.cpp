// Live sessions and sessions on a service that does what services do, and on a machine that does what machines do:
// random sequences with an oracle, what a service that never does right is met with, and a day of a thousand.
#include "support/model_service.hpp"
#include "sweeps/awaitable_fixture.hpp"

#include <sipher/json.hpp>

#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <random>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;

class session_sequence : public ::testing::Test {
protected:
    session_sequence()
    {
        world.service.otherwise = model.reaction();
        rules.time_to_live = 60s;
        rules.on_replacement = [this](const replacement_event& event) { events.push_back(event); };
    }

    /// What was begun in the background ends while the model is still there.
    ~session_sequence() override { pass(10s); }

    void pass(std::chrono::nanoseconds time, std::chrono::nanoseconds step = 1s)
    {
        for (std::chrono::nanoseconds gone{}; gone < time; gone += step) {
            world.clock->advance(step);
            world.run();
            world.service.requests.clear();
            world.service.peers.clear(); // their streams keep those that are in use
        }
    }

    live_session start(const session_defaults& defaults)
    {
        auto made = world.get(live_session::start(*world.api, defaults, rules));
        EXPECT_TRUE(made);
        return made.value_or(live_session{});
    }

    /// Ended well, or how not.
    std::optional<error> use(const call_options& under)
    {
        const auto ended =
            world.complete(world.launch(world.api->request(verb::post, "/v1/stealth/generate", json::object{}, under)));
        EXPECT_EQ(ended->completions, 1);
        return ended->failure();
    }
    std::optional<error> use(const live_session& live)
    {
        call_options under;
        under.session = live;
        return use(under);
    }

    client_world world;
    model_service model{world.clock};
    live_session_options rules;
    std::vector<replacement_event> events;
};

session_defaults near_and_maximum()
{
    session_defaults defaults;
    defaults.chain = chain::near;
    defaults.privacy_level = privacy_level::maximum;
    return defaults;
}

TEST_F(session_sequence, a_service_that_adds_or_drops_a_default_is_not_mistaken_for_a_change_by_others)
{
    model.added = {{"backend", "sip-native"}};
    model.left_out = "privacyLevel";
    rules.check_every = 5s;
    rules.time_to_live = 3600s;
    const live_session live = start(near_and_maximum());
    pass(10min);
    EXPECT_TRUE(events.empty());
    session_defaults changes;
    changes.chain = chain::sui;
    EXPECT_TRUE(world.complete(world.launch(live.update(changes)))->succeeded());
    EXPECT_EQ(model.created, 1U) << "it changed what was there";
    EXPECT_FALSE(use(live));
    EXPECT_EQ(model.ran_under.back().at("privacyLevel"), "maximum");
    EXPECT_EQ(model.ran_under.back().at("chain"), "sui");
    EXPECT_GT(model.requests, 100U) << "it was checked";
}

TEST_F(session_sequence, sessions_that_expire_at_once_cause_no_storm_of_creates)
{
    const live_session live = start(near_and_maximum());
    model.born_dead = true;
    pass(1h);
    const std::size_t idle = model.created;
    EXPECT_LE(idle, 30U) << "renewals until the session had ended, and then nothing";
    EXPECT_TRUE(std::ranges::all_of(events, [](const auto& each) { return each.failure.has_value(); }));
    int failed = 0;
    const auto end = world.clock->now() + 1h;
    while (world.clock->now() < end) {
        call_options brief;
        brief.session = live;
        brief.total_timeout = 1s;
        failed += use(brief) ? 1 : 0;
        pass(1s);
    }
    EXPECT_GT(failed, 100);
    EXPECT_LE(model.created - idle, 75U) << "one in each step, and a step is a minute in the end";
    model.born_dead = false;
    pass(2min);
    EXPECT_FALSE(use(live));
}

TEST_F(session_sequence, sessions_that_are_lost_again_and_again_are_replaced_once_in_each_step)
{
    rules.time_to_live = 3600s;
    rules.check_every = 1s;
    const live_session live = start(near_and_maximum());
    for (int i = 0; i < 600; ++i) {
        model.lose_all();
        pass(1s);
    }
    EXPECT_LE(model.created, 20U);
    pass(2min);
    EXPECT_FALSE(use(live));
}

TEST_F(session_sequence, it_is_replaced_in_time_after_the_machine_was_suspended)
{
    rules.time_to_live = 3600s;
    const live_session live = start(near_and_maximum());
    const session_id first = live.id();
    world.clock->suspend(3500s);
    EXPECT_FALSE(use(live));
    world.run();
    EXPECT_NE(live.id(), first) << "noticed by whoever used it first, while it was still good";
    world.clock->suspend(3600s);
    EXPECT_FALSE(use(live));
    EXPECT_EQ(model.ran_under.back().at("chain"), "near");
    EXPECT_TRUE(model.knows(live.id().to_string()));
}

TEST_F(session_sequence, wall_clocks_and_date_fields_have_no_influence)
{
    model.date_offset = 2h;
    const auto mine = world.get(world.api->create_session(near_and_maximum(), 60s));
    ASSERT_TRUE(mine);
    call_options under;
    under.session = *mine;
    world.clock->advance_wall(2h);
    EXPECT_FALSE(use(under));
    world.clock->advance_wall(-5h);
    world.clock->advance(59s);
    EXPECT_FALSE(use(under));
    world.clock->advance(1s);
    const auto failure = use(under);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::session_gone);
}

TEST_F(session_sequence, a_get_whose_response_comes_after_the_delete_does_not_revive_it)
{
    const auto mine = world.get(world.api->create_session(near_and_maximum(), 60s));
    ASSERT_TRUE(mine);
    model.holds = true;
    const auto late = world.launch(world.api->get_session(mine->id));
    world.run();
    world.clock->advance(1ms);
    const auto gone = world.launch(world.api->delete_session(mine->id));
    world.run();
    model.release(); // the delete's first
    world.run();
    EXPECT_TRUE(late->succeeded());
    EXPECT_TRUE(gone->succeeded());
    call_options under;
    under.session = mine->id;
    const auto failure = use(under);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::session_gone);
}

TEST_F(session_sequence, a_process_that_was_started_again_goes_on_with_its_session)
{
    std::string stored;
    {
        const live_session before = start(near_and_maximum());
        stored = json::serialize(json::value_from(before.release()));
        const auto ended = world.complete(world.launch(before.verify()));
        EXPECT_EQ(ended->failure().value_or(error{}).code(), errc::session_gone);
    }
    world.run();
    const auto known = json::value_to<session>(json::parse(stored));
    EXPECT_TRUE(model.knows(known.id.to_string()));
    world.api.emplace(world.service.make_public_client([] {
        client_options options;
        options.base_url = "http://localhost";
        return options;
    }()));
    auto after = world.get(live_session::adopt(*world.api, known, rules));
    ASSERT_TRUE(after);
    EXPECT_EQ(after->id(), known.id);
    EXPECT_EQ(model.created, 1U);
    EXPECT_FALSE(use(*after));
    pass(59s);
    EXPECT_NE(after->id(), known.id) << "renewed in time, as the service has said when it ends";
    EXPECT_EQ(model.alive(), 1U);
    EXPECT_EQ(after->defaults(), near_and_maximum());
    after.reset();
    world.run();
    EXPECT_EQ(model.alive(), 0U);
}

TEST_F(session_sequence, one_that_is_lost_or_changed_is_replaced_when_it_is_adopted)
{
    const auto lost = world.get(world.api->create_session(near_and_maximum(), 60s));
    const auto changed = world.get(world.api->create_session(near_and_maximum(), 60s));
    ASSERT_TRUE(lost && changed);
    model.mark_gone(lost->id.to_string());
    session_defaults foreign;
    foreign.chain = chain::solana;
    ASSERT_TRUE(world.get(world.api->update_session(changed->id, foreign)));
    for (const session& known : {*lost, *changed}) {
        const auto live = world.get(live_session::adopt(*world.api, known, rules));
        ASSERT_TRUE(live);
        EXPECT_NE(live->id(), known.id);
        EXPECT_EQ(live->defaults(), near_and_maximum());
    }
    EXPECT_EQ(events.size(), 2U);
}

TEST_F(session_sequence, one_that_could_not_be_adopted_stays)
{
    const auto known = world.get(world.api->create_session(near_and_maximum(), 60s));
    ASSERT_TRUE(known);
    world.service.script = {refuse(403, "TIER_ACCESS_DENIED")};
    const auto ended = world.complete(world.launch(live_session::adopt(*world.api, *known, rules)));
    EXPECT_EQ(ended->failure().value_or(error{}).code(), condition::forbidden);
    world.run();
    EXPECT_TRUE(model.knows(known->id.to_string()));
    const auto empty = world.complete(world.launch(live_session::adopt(*world.api, session{}, rules)));
    EXPECT_EQ(empty->failure().value_or(error{}).code(), errc::invalid_request);
}

TEST_F(session_sequence, a_request_without_a_body_runs_under_the_defaults_as_well)
{
    const live_session live = start(near_and_maximum());
    model.lose_all();
    for (const verb method : {verb::post, verb::put, verb::patch}) {
        EXPECT_TRUE(world.complete(world.launch(live.request(method, "/v1/x")))->succeeded());
        EXPECT_EQ(model.ran_under.back().at("chain"), "near") << to_string(method);
    }
    EXPECT_TRUE(world.complete(world.launch(live.request(verb::get, "/v1/x")))->succeeded());
    EXPECT_TRUE(model.ran_under.back().empty()) << "a get has no body";
}

/// Two processes, with a client each, that share one session and each intend what they intend.
class random_sequence : public session_sequence, public ::testing::WithParamInterface<unsigned> {
protected:
    struct process {
        std::optional<client> api;
        std::optional<live_session> live;
        session_defaults intended;
    };

    void begin()
    {
        for (process& each : processes) {
            client_options options;
            options.base_url = "http://localhost";
            options.retry.retry_updates = false;
            each.api.emplace(world.service.make_public_client(std::move(options)));
        }
        processes[0].intended = draw();
        processes[0].live = world.get(live_session::start(*processes[0].api, processes[0].intended, rules));
        ASSERT_TRUE(processes[0].live);
        share();
    }
    void share()
    {
        auto adopted = world.get(live_session::adopt(*processes[1].api, processes[0].live->current(), rules));
        if (adopted) {
            processes[1].intended = adopted->defaults();
            processes[1].live = std::move(adopted);
        }
    }

    session_defaults draw()
    {
        static const std::array chains{chain::solana, chain::near, chain::sui};
        static const std::array levels{privacy_level::standard, privacy_level::shielded, privacy_level::maximum};
        session_defaults drawn;
        drawn.chain = random() % 2 == 0 ? std::optional{chains.at(random() % chains.size())} : std::nullopt;
        drawn.privacy_level = random() % 2 == 0 ? std::optional{levels.at(random() % levels.size())} : std::nullopt;
        return drawn;
    }

    static bool is_as_intended(const json::object& ran_under, const session_defaults& intended)
    {
        const auto text = [&](const char* name, std::string_view otherwise) {
            const auto* const value = ran_under.if_contains(name);
            return value != nullptr ? std::string{value->as_string()} : std::string{otherwise};
        };
        const auto name = [](const auto& value, std::string_view otherwise) {
            return std::string{value ? value->name() : otherwise};
        };
        // What nobody has set is left to the service, which may add it.
        return text("chain", "solana") == name(intended.chain, "solana") &&
               text("privacyLevel", "standard") == name(intended.privacy_level, "standard");
    }

    void use_live(const process& by)
    {
        model.ran_under.clear();
        const auto ended =
            world.complete(world.launch(by.live->request(verb::post, "/v1/stealth/generate", json::object{})));
        failed += ended->failure() ? 1 : 0;
        for (const json::object& each : model.ran_under) {
            ++uses;
            wrong += is_as_intended(each, by.intended) ? 0 : 1;
        }
    }

    void update(process& by)
    {
        session_defaults changes = draw();
        // A member that its defaults leave open can be set by whoever shares the session.
        changes.chain = by.intended.chain ? changes.chain : std::nullopt;
        changes.privacy_level = by.intended.privacy_level ? changes.privacy_level : std::nullopt;
        if (random() % 4 == 0) {
            world.service.script = {hang_up()};
        }
        const auto ended = world.complete(world.launch(by.live->update(changes)));
        world.service.script.clear();
        if (ended->succeeded()) {
            by.intended.chain = changes.chain ? changes.chain : by.intended.chain;
            by.intended.privacy_level = changes.privacy_level ? changes.privacy_level : by.intended.privacy_level;
        }
    }

    void use_plain(process& by)
    {
        if (random() % 8 == 0 || !plain) {
            plain = world.get(by.api->create_session(draw(), 60s));
        }
        call_options under;
        under.session = *plain;
        const auto ended = world.complete(world.launch(by.api->request(verb::post, "/v1/x", json::object{}, under)));
        const auto failure = ended->failure();
        const bool is_refused = failure && failure->code() == errc::session_gone;
        refused_alive += is_refused && model.knows(plain->id.to_string()) ? 1 : 0;
    }

    void disturb()
    {
        switch (random() % 8) {
        case 0: world.clock->advance_wall(std::chrono::minutes{static_cast<int>(random() % 600) - 300}); break;
        case 1: world.clock->suspend(std::chrono::seconds{random() % 90}); break;
        case 2: model.date_offset = std::chrono::hours{random() % 12}; break;
        case 3: model.added = random() % 2 == 0 ? json::object{{"backend", "sip-native"}} : json::object{}; break;
        case 4: model.left_out = random() % 2 == 0 ? "privacyLevel" : ""; break;
        case 5: model.born_dead = !model.born_dead && random() % 4 == 0; break;
        case 6: model.lose_all(); break;
        default: model.mark_gone(processes[0].live->id().to_string()); break;
        }
    }

    /// A get under way while all else goes on, with its response late.
    void response_late(process& by)
    {
        model.holds = true;
        const auto late = world.launch(by.api->get_session(by.live->id()));
        const auto check = world.launch(by.live->verify());
        world.run();
        world.clock->advance(1s);
        model.release();
        world.complete(late);
        world.complete(check);
    }

    void step()
    {
        process& by = processes.at(random() % processes.size());
        switch (random() % 16) {
        case 0:
        case 1:
        case 2: disturb(); break;
        case 3:
        case 4: update(by); break;
        case 5: response_late(by); break;
        case 6: world.complete(world.launch(by.live->verify())); break;
        case 7: pass(std::chrono::seconds{random() % 40}); break;
        case 8: share(); break;
        case 9:
        case 10: use_plain(by); break;
        default: use_live(by); break;
        }
        world.run();
    }

    std::mt19937 random{GetParam()};
    std::array<process, 2> processes;
    std::optional<session> plain;
    int uses = 0;
    int wrong = 0;
    int failed = 0;
    int refused_alive = 0;
};

TEST_P(random_sequence, no_request_runs_under_other_defaults_and_no_session_is_refused_that_the_service_knows)
{
    begin();
    std::size_t most_in_a_minute = 0;
    std::size_t before = model.created;
    auto minute_ends = world.clock->now() + 1min;
    for (int i = 0; i < 3000; ++i) {
        step();
        if (world.clock->now() >= minute_ends) {
            most_in_a_minute = std::max(most_in_a_minute, model.created - before);
            before = model.created;
            minute_ends = world.clock->now() + 1min;
        }
    }
    EXPECT_GT(uses, 500);
    EXPECT_EQ(wrong, 0) << "of " << uses;
    EXPECT_EQ(refused_alive, 0);
    EXPECT_LE(most_in_a_minute, 60U) << "creates of both, updates and plain sessions included";
}

INSTANTIATE_TEST_SUITE_P(seeds, random_sequence, ::testing::Range(1U, 9U));

/// What a thousand live sessions ask of the service in a day.
class live_day : public session_sequence {
protected:
    void run_a_day(std::chrono::seconds bin)
    {
        std::vector<live_session> many;
        for (int i = 0; i < 1000; ++i) {
            many.push_back(start(near_and_maximum()));
        }
        const std::size_t start_requests = model.requests;
        std::vector<std::size_t> bins;
        for (std::chrono::seconds gone{}; gone < 24h; gone += bin) {
            const std::size_t before = model.requests;
            pass(bin);
            bins.push_back(model.requests - before);
        }
        const double all = static_cast<double>(model.requests - start_requests);
        // From the first renewals or checks on.
        const double mean = all / static_cast<double>(bins.size());
        const std::size_t most = *std::ranges::max_element(bins);
        std::cout << all / 1000 << " requests per session and day; at most " << most << " in " << bin.count() << " s, "
                  << mean << " on the average\n";
        EXPECT_LE(static_cast<double>(most), 3 * mean);
        EXPECT_EQ(model.alive(), 1000U);
        EXPECT_TRUE(std::ranges::none_of(events, [](const auto& each) { return each.failure.has_value(); }));
        many.clear();
    }
};

TEST_F(live_day, of_a_thousand_that_only_renew)
{
    rules.time_to_live = 3600s;
    run_a_day(60s);
}

TEST_F(live_day, of_a_thousand_that_are_also_checked)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "half a million requests take minutes under a sanitizer; the day above uses the same code";
#endif
    rules.time_to_live = 3600s;
    rules.check_every = 3min;
    run_a_day(1s);
}

} // namespace
} // namespace sipher::test
