#include "support/client_fixture.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <limits>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

struct refusal {
    condition what;
    unsigned status;
    const char* service_code;
};

void expect_refused(const error& failure, const refusal& expected)
{
    EXPECT_EQ(failure.code(), expected.what) << failure.what();
    EXPECT_EQ(failure.status(), expected.status);
    EXPECT_EQ(failure.service_code(), expected.service_code);
    EXPECT_EQ(failure.outcome(), outcome::not_applied);
    EXPECT_EQ(failure.attempts().size(), 1U);
    EXPECT_FALSE(failure.request_id().empty());
}

class contract : public client_test {};

class contract_authentication : public client_test, public ::testing::WithParamInterface<authentication_scheme> {
protected:
    error failure_with(const char* key)
    {
        sandbox();
        options.api_key = key;
        options.scheme = GetParam();
        sipher::client other{context, options};
        return failure_of(other.create_session({}));
    }
};

TEST_P(contract_authentication, the_service_validates_keys)
{
    const error without_key = failure_with("");
    expect_refused(without_key, {condition::unauthorized, 401, "UNAUTHORIZED"});
    EXPECT_NE(without_key.message().find("this client has no API key"), std::string::npos) << without_key.message();
    const error with_another = failure_with("nobodys-key");
    expect_refused(with_another, {condition::unauthorized, 401, "INVALID_API_KEY"});
    EXPECT_TRUE(with_another.message().ends_with("; the key comes from api_key")) << with_another.message();
    expect_refused(failure_with("sandbox-free-key"), {condition::forbidden, 403, "TIER_ACCESS_DENIED"});
}

TEST_P(contract_authentication, pro_and_enterprise_keys_may_create)
{
    sandbox();
    options.scheme = GetParam();
    for (const char* key : {"sandbox-pro-key", "sandbox-enterprise-key"}) {
        options.api_key = key;
        sipher::client other{context, options};
        EXPECT_NO_THROW(run(other.create_session({})));
    }
}

INSTANTIATE_TEST_SUITE_P(schemes, contract_authentication,
                         ::testing::Values(authentication_scheme::api_key_header, authentication_scheme::bearer));

TEST_F(contract, a_provider_is_asked_for_each_attempt)
{
    int asked = 0;
    options.api_key_provider = [&] { return secret{++asked == 1 ? "sandbox-pro-key" : "nobodys-key"}; };
    create();
    EXPECT_EQ(failure_of(client().create_session({})).code(), condition::unauthorized);
    EXPECT_EQ(asked, 2);
}

TEST_F(contract, a_session_lives_from_create_to_delete)
{
    const session created = create(near_and_shielded(), 30min);
    EXPECT_EQ(created.defaults, near_and_shielded());
    EXPECT_EQ(created.created_at, clock->wall_now());
    EXPECT_EQ(created.expires_at, clock->wall_now() + 30min);
    EXPECT_FALSE(created.last_accessed_at);

    clock->advance(1min);
    const session read = run(client().get_session(created.id));
    EXPECT_EQ(read.id, created.id);
    EXPECT_EQ(read.defaults, created.defaults);
    EXPECT_EQ(read.created_at, created.created_at);
    EXPECT_EQ(read.expires_at, created.expires_at) << "nothing prolongs a session";
    EXPECT_EQ(read.last_accessed_at, clock->wall_now());

    session_defaults changed;
    changed.privacy_level = privacy_level::maximum;
    const session updated = run(client().update_session(created.id, changed));
    EXPECT_EQ(updated.defaults.chain, chain::near) << "what is absent stays";
    EXPECT_EQ(updated.defaults.privacy_level, privacy_level::maximum);
    EXPECT_EQ(updated.expires_at, created.expires_at);
    EXPECT_FALSE(updated.created_at);

    const deleted_session deleted = run(client().delete_session(created.id));
    EXPECT_EQ(deleted.id, created.id);
    EXPECT_FALSE(deleted.already_absent);
    const refusal gone{condition::not_found, 404, "SESSION_NOT_FOUND"};
    expect_refused(failure_of(client().get_session(created.id)), gone);
    expect_refused(failure_of(client().update_session(created.id, {})), gone);
    expect_refused(failure_of(client().delete_session(created.id)), gone);
}

TEST_F(contract, time_to_live_defaults_to_an_hour)
{
    EXPECT_EQ(create().expires_at, clock->wall_now() + 1h);
    EXPECT_EQ(create({}, 60s).expires_at, clock->wall_now() + 60s);
    EXPECT_EQ(create({}, 24h).expires_at, clock->wall_now() + 24h);
}

TEST_F(contract, every_value_of_every_default_survives)
{
    sandbox_options.rate_limit = 0;
    const auto check = [this](const session_defaults& wanted) { EXPECT_EQ(create(wanted).defaults, wanted) << wanted; };
    for (const auto name : chain::names) {
        session_defaults wanted;
        wanted.chain = chain::from_name(name);
        check(wanted);
    }
    for (const auto name : privacy_level::names) {
        session_defaults wanted;
        wanted.privacy_level = privacy_level::from_name(name);
        check(wanted);
    }
    for (const auto name : rpc_provider::names) {
        session_defaults wanted;
        wanted.rpc_provider = rpc_provider::from_name(name);
        check(wanted);
    }
    session_defaults wanted;
    wanted.backend = backend::sip_native;
    wanted.default_viewing_key = secret{"0xABCdef0123456789"};
    check(wanted);
}

TEST_F(contract, each_create_makes_another_session)
{
    call_options same;
    same.request_id = "the-same";
    const session first = run(client().create_session({}, {}, same));
    const session second = run(client().create_session({}, {}, same));
    EXPECT_NE(first.id, second.id);
    EXPECT_EQ(sandbox().counters().created, 2U);
}

TEST_F(contract, arguments_that_break_a_rule_are_not_sent)
{
    session_defaults bad_key;
    bad_key.default_viewing_key = secret{"0xnothex"};
    call_options injected;
    injected.headers = {{"X-Note", "a\r\nX-Evil: b"}};
    const json::object not_a_number{{"x", std::numeric_limits<double>::infinity()}};
    const session known = create();
    new_requests();
    for (const error& failure :
         {failure_of(client().create_session({}, 59s)), failure_of(client().create_session({}, 86'401s)),
          failure_of(client().create_session(bad_key)), failure_of(client().update_session(known.id, bad_key)),
          failure_of(client().get_session(known.id, injected)), failure_of(client().request(verb::get, "no-slash")),
          failure_of(client().request(verb::get, "/a b")),
          failure_of(client().request(verb::post, "/v1/echo", not_a_number))}) {
        EXPECT_EQ(failure.code(), condition::invalid_request) << failure.what();
        EXPECT_EQ(failure.outcome(), outcome::not_sent);
        EXPECT_EQ(std::string{failure.what()}.find("nothex"), std::string::npos);
    }
    EXPECT_EQ(new_requests(), 0U);
}

TEST_F(contract, errors_found_only_by_the_service_carry_its_explanation)
{
    session_defaults unknown;
    unknown.chain = chain::from_name("dogecoin");
    const error failure = failure_of(client().create_session(unknown));
    expect_refused(failure, {condition::invalid_request, 400, "VALIDATION_ERROR"});
    EXPECT_TRUE(failure.details().is_array());
    EXPECT_NE(failure.message().find("defaults.chain"), std::string::npos) << failure.message();
}

TEST_F(contract, expired_and_foreign_sessions_are_not_found)
{
    const session mine = create({}, 60s);
    options.api_key = "sandbox-other-key";
    sipher::client other{context, options};
    expect_refused(failure_of(other.get_session(mine.id)), {condition::not_found, 404, "SESSION_NOT_FOUND"});
    clock->advance(60s);
    expect_refused(failure_of(client().get_session(mine.id)), {condition::not_found, 404, "SESSION_NOT_FOUND"});
}

TEST_F(contract, routes_and_bodies_that_the_service_refuses)
{
    expect_refused(failure_of(client().request(verb::get, "/v1/nothing")), {condition::not_found, 404, "NOT_FOUND"});
    expect_refused(failure_of(client().request(verb::post, "/v1/sessions/sess_1", json::object{})),
                   {condition::not_found, 404, "NOT_FOUND"});
    expect_refused(failure_of(client().request(verb::get, "/v1/sessions/sess_1")),
                   {condition::invalid_request, 400, "VALIDATION_ERROR"});
    const std::string large(1'100'000, 'x');
    const error too_large = failure_of(client().request(verb::post, "/v1/echo", json::value(large)));
    EXPECT_EQ(too_large.status(), 500U);
    EXPECT_EQ(too_large.code(), condition::server_error);
    EXPECT_EQ(too_large.details(), json::value("request entity too large"));
}

TEST_F(contract, health_responds_without_an_error_member)
{
    EXPECT_NO_THROW(run(client().request(verb::get, "/v1/health")));
    sandbox().set_shutting_down(true);
    call_options once;
    once.retry.emplace();
    once.retry->max_attempts = 1;
    const error failure = failure_of(client().request(verb::get, "/v1/health", once));
    EXPECT_EQ(failure.status(), 503U);
    EXPECT_EQ(failure.code(), condition::server_error);
    EXPECT_FALSE(failure.message().empty());
}

TEST_F(contract, a_request_id_is_echoed)
{
    response_info info;
    call_options wanted;
    wanted.request_id = "my-id";
    wanted.info = &info;
    run(client().create_session({}, {}, wanted));
    EXPECT_EQ(info.request_id, "my-id");
    EXPECT_EQ(info.header("x-request-id"), "my-id");
    EXPECT_EQ(info.status, 201U);
    EXPECT_EQ(info.attempts.size(), 1U);
    wanted.request_id.clear();
    run(client().create_session({}, {}, wanted));
    EXPECT_FALSE(info.request_id.empty());
    EXPECT_NE(info.request_id, "my-id");
    EXPECT_EQ(sandbox().ledger().back().request_id, info.request_id);
}

TEST_F(contract, headers_arrive_unchanged)
{
    options.default_headers = {{"X-Team", "a"}, {"X-Stage", "test"}};
    options.user_agent = "agent/1";
    call_options own;
    own.headers = {{"x-team", "b"}};
    run(client().create_session({}, {}, own));
    const auto sent = sandbox().ledger().back().headers;
    const auto count = [&](std::string_view name, std::string_view value) {
        return std::count_if(sent.begin(), sent.end(),
                             [&](const auto& field) { return field.first == name && field.second == value; });
    };
    EXPECT_EQ(count("x-team", "b"), 1);
    EXPECT_EQ(count("X-Team", "a"), 0);
    EXPECT_EQ(count("X-Stage", "test"), 1);
    EXPECT_EQ(count("User-Agent", "agent/1"), 1);
}

class using_a_session : public client_test {
protected:
    json::value generate(const std::optional<applied_session>& under, json::object body = {})
    {
        call_options wanted;
        wanted.session = under;
        wanted.info = &info;
        return run(client().request(verb::post, "/v1/stealth/generate", std::move(body), wanted));
    }

    response_info info;
};

TEST_F(using_a_session, its_defaults_apply)
{
    const session mine = create(near_and_shielded());
    for (const applied_session& way : {applied_session{mine}, applied_session{mine.id}}) {
        const json::value response = generate(way);
        EXPECT_EQ(response.at("chain"), json::value("near"));
        EXPECT_EQ(response.at("privacyLevel"), json::value("shielded"));
    }
    EXPECT_EQ(generate(mine, {{"chain", "sui"}}).at("chain"), json::value("sui")) << "an explicit member wins";
    EXPECT_EQ(generate(std::nullopt).at("chain"), json::value("solana"));
}

TEST_F(using_a_session, a_lost_session_is_the_hazard_that_pinning_defeats)
{
    const session mine = create(near_and_shielded());
    ASSERT_TRUE(sandbox().lose_session(mine.id));
    EXPECT_EQ(generate(mine.id).at("chain"), json::value("solana")) << "this is how the service behaves";
    EXPECT_EQ(generate(applied_session{mine}.unpinned()).at("chain"), json::value("solana"));
    const json::value pinned = generate(mine);
    EXPECT_EQ(pinned.at("chain"), json::value("near"));
    EXPECT_EQ(pinned.at("privacyLevel"), json::value("shielded"));
    EXPECT_EQ(info.pinned_members, (std::vector<std::string>{"chain", "privacyLevel"}));
    const auto effective = sandbox().ledger().back().effective_defaults;
    ASSERT_TRUE(effective);
    EXPECT_EQ(effective->chain, chain::near);
}

TEST_F(using_a_session, pinning_means_what_the_service_would_have_done)
{
    session_defaults all = near_and_shielded();
    all.rpc_provider = rpc_provider::triton;
    all.backend = backend::sip_native;
    all.default_viewing_key = secret{"0xabc"};
    const session mine = create(all);
    call_options by_service;
    by_service.session = mine.id;
    call_options by_client;
    by_client.session = mine;
    for (const char* text : {"{}", R"({"chain":"sui"})", R"({"backend":null,"other":1})", "[1]"}) {
        const json::value body = json::parse(text);
        EXPECT_EQ(run(client().request(verb::post, "/v1/echo", body, by_service)),
                  run(client().request(verb::post, "/v1/echo", body, by_client)))
            << text;
    }
}

TEST_F(using_a_session, an_expired_one_is_not_used)
{
    const session mine = create(near_and_shielded(), 60s);
    clock->advance(60s);
    new_requests();
    call_options wanted;
    wanted.session = mine;
    const error failure = failure_of(client().request(verb::post, "/v1/echo", json::object{}, wanted));
    EXPECT_EQ(failure.code(), errc::session_gone);
    EXPECT_EQ(failure.outcome(), outcome::not_sent);
    EXPECT_EQ(new_requests(), 0U);
}

class limits : public client_test {};

TEST_F(limits, the_rate_limit_is_seen_and_not_run_into)
{
    sandbox_options.rate_limit = 2;
    response_info info;
    call_options wanted;
    wanted.info = &info;
    run(client().create_session({}, {}, wanted));
    EXPECT_EQ(info.rate_limit.limit, 2U);
    EXPECT_EQ(info.rate_limit.remaining, 1U);
    create();
    new_requests();
    const error failure = failure_of(client().create_session({}));
    EXPECT_EQ(failure.code(), errc::rate_limited);
    EXPECT_EQ(failure.code(), condition::rate_limited);
    EXPECT_EQ(failure.outcome(), outcome::not_sent);
    EXPECT_TRUE(failure.retry_after());
    EXPECT_EQ(new_requests(), 0U);
    clock->advance(61s);
    EXPECT_NO_THROW(create());
}

TEST_F(limits, without_the_gate_the_service_refuses)
{
    sandbox_options.rate_limit = 1;
    options.rate_gate = false;
    create();
    const error failure = failure_of(client().create_session({}));
    expect_refused(failure, {condition::rate_limited, 429, "RATE_LIMIT_EXCEEDED"});
    EXPECT_TRUE(failure.retry_after());
    EXPECT_EQ(failure.ended_because(), end_reason::deadline);
    EXPECT_TRUE(failure.details().is_object());
}

TEST_F(limits, a_daily_quota_fails_at_once_and_says_until_when)
{
    sipher::testing::sandbox_key small{"small-key", sipher::testing::tier::pro};
    small.daily_quota = 1;
    sandbox_options.keys = {small};
    options.api_key = "small-key";
    create();
    const error failure = failure_of(client().create_session({}));
    expect_refused(failure, {condition::rate_limited, 429, "DAILY_QUOTA_EXCEEDED"});
    // It is eight in the evening, and quotas begin anew at midnight UTC.
    EXPECT_EQ(failure.retry_after(), 4h);
    EXPECT_TRUE(failure.details().as_object().contains("resetAt"));
}

} // namespace
} // namespace sipher::test
