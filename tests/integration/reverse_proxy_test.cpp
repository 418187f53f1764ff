#include "campaign/campaign_account.hpp"
#include "campaign/campaign_load.hpp"
#include "support/client_fixture.hpp"
#include "support/nginx_proxy.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

/// A real nginx between the client and the sandbox: what it makes of requests and responses was written by nobody here.
namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;
namespace json = boost::json;

class behind_nginx : public client_test {
protected:
    behind_nginx()
    {
        // nginx knows the real time only.
        clock = nullptr;
        sandbox_options.clock = nullptr;
        options.retry.base_delay = 0ms;
        options.retry.throttled_base_delay = 0ms;
        options.retry.budget = 0;
    }

    void start_nginx(nginx_options how = {})
    {
        if (how.upstream_port == 0) {
            how.upstream_port = sandbox().port();
        }
        how.upstream_tls = sandbox_options.tls;
        nginx.emplace(std::move(how));
        sandbox();
        options.base_url = nginx->base_url();
        options.tls.ca_pem = nginx->ca_pem();
    }

    static nginx_options with_location(std::string directives)
    {
        nginx_options how;
        how.location = std::move(directives);
        return how;
    }

    static nginx_options with_server(std::string directives)
    {
        nginx_options how;
        how.server = std::move(directives);
        return how;
    }

    bool is_alive(const session_id& id)
    {
        const auto all = sandbox().sessions();
        return std::any_of(all.begin(), all.end(), [&id](const session& each) { return each.id == id; });
    }

    /// The error of a create that nginx responds to.
    error failed_create() { return failure_of(client().create_session({})); }

    void expect_nginx(const error& failure, unsigned status, sipher::outcome effect)
    {
        EXPECT_EQ(failure.code(), condition::intermediary) << failure.what();
        const boost::system::error_code right{static_cast<int>(status), intermediary_category()};
        EXPECT_EQ(failure.code(), right) << failure.what();
        EXPECT_EQ(failure.status(), status) << failure.what();
        EXPECT_EQ(failure.outcome(), effect) << failure.what();
    }

    /// Create, get, update, delete, and a get of what is not there any more.
    void expect_that_all_works()
    {
        const session made = create(near_and_shielded());
        response_info info;
        call_options wanted;
        wanted.info = &info;
        EXPECT_EQ(run(client().get_session(made.id, wanted)).defaults.chain, chain::near);
        EXPECT_EQ(info.attempts.size(), 1U);
        EXPECT_FALSE(info.request_id.empty());
        EXPECT_EQ(run(client().update_session(made.id, {})).id, made.id);
        EXPECT_FALSE(run(client().delete_session(made.id)).already_absent);
        const error gone = failure_of(client().get_session(made.id));
        EXPECT_EQ(gone.code(), condition::not_found) << gone.what();
        EXPECT_EQ(gone.service_code(), "SESSION_NOT_FOUND");
        EXPECT_EQ(gone.outcome(), outcome::not_applied);
        EXPECT_EQ(sandbox().counters().requests, 5U);
    }

    std::optional<nginx_proxy> nginx;
};

// ---- what passes ----------------------------------------------------------------------------------------------------

TEST_F(behind_nginx, all_operations_pass)
{
    start_nginx();
    expect_that_all_works();
}

TEST_F(behind_nginx, all_operations_pass_to_a_service_without_tls)
{
    sandbox_options.tls = false;
    start_nginx();
    expect_that_all_works();
}

struct rewriting {
    const char* name;
    const char* directives;
};

class rewritten_request_id : public behind_nginx, public ::testing::WithParamInterface<rewriting> {};

TEST_P(rewritten_request_id, is_no_error)
{
    start_nginx(with_location(GetParam().directives));
    expect_that_all_works();
}

INSTANTIATE_TEST_SUITE_P(
    all, rewritten_request_id,
    ::testing::Values(rewriting{"of_the_request", "proxy_set_header X-Request-ID $request_id;"},
                      rewriting{"added_to_the_response", "add_header X-Request-ID $request_id always;"},
                      rewriting{"replaced_in_the_response",
                                "proxy_hide_header X-Request-ID; add_header X-Request-ID $request_id always;"},
                      rewriting{"removed_from_the_response", "proxy_hide_header X-Request-ID;"}),
    [](const auto& each) { return std::string{each.param.name}; });

// ---- a service that nginx does not reach, or not in time ------------------------------------------------------------

TEST_F(behind_nginx, whether_a_service_that_is_down_was_reached_is_not_known)
{
    nginx_options how;
    how.upstream_port = 1;
    start_nginx(how);
    const error create_failure = failed_create();
    expect_nginx(create_failure, 502, outcome::unknown);
    EXPECT_EQ(create_failure.code(), condition::server_error);
    EXPECT_EQ(create_failure.attempts().size(), 1U);
    const error get_failure = failure_of(client().get_session(session_id{}));
    expect_nginx(get_failure, 502, outcome::unknown);
    EXPECT_EQ(get_failure.attempts().size(), 3U);
    EXPECT_EQ(sandbox().counters().requests, 0U);
}

TEST_F(behind_nginx, a_create_whose_response_nginx_lost_is_not_sent_again)
{
    start_nginx();
    sandbox().add_fault(fault::cut_response(0));
    expect_nginx(failed_create(), 502, outcome::unknown);
    EXPECT_EQ(sandbox().counters().created, 1U);
    EXPECT_EQ(sandbox().counters().requests, 1U);
}

TEST_F(behind_nginx, idempotent_requests_are_retried_when_nginx_lost_the_response)
{
    start_nginx();
    const session made = create();
    sandbox().add_fault(fault::cut_response(0));
    EXPECT_EQ(run(client().get_session(made.id)).id, made.id);
    sandbox().add_fault(fault::cut_response(0));
    EXPECT_EQ(run(client().update_session(made.id, near_and_shielded())).id, made.id);
    sandbox().add_fault(fault::cut_response(0));
    EXPECT_TRUE(run(client().delete_session(made.id)).already_absent);
    EXPECT_FALSE(is_alive(made.id));
    EXPECT_EQ(sandbox().counters().requests, 7U);
}

TEST_F(behind_nginx, a_service_that_is_too_slow_for_nginx_may_have_acted)
{
    start_nginx(with_location("proxy_read_timeout 200ms;"));
    sandbox().add_fault(fault::silence());
    const error failure = failed_create();
    expect_nginx(failure, 504, outcome::unknown);
    EXPECT_EQ(failure.code(), condition::server_error);
    EXPECT_EQ(sandbox().counters().created, 1U);
    const session made = create();
    sandbox().add_fault(fault::silence());
    EXPECT_EQ(run(client().get_session(made.id)).id, made.id);
}

// ---- responses that nginx makes by itself ---------------------------------------------------------------------------

class limited_by_nginx : public behind_nginx, public ::testing::WithParamInterface<unsigned> {};

TEST_P(limited_by_nginx, nothing_is_known_of_what_was_refused)
{
    nginx_options how;
    how.http = "limit_req_zone $binary_remote_addr zone=all:64k rate=1r/m;";
    how.location = "limit_req zone=all; limit_req_status " + std::to_string(GetParam()) + ";";
    start_nginx(how);
    const session made = create();
    const error create_failure = failed_create();
    expect_nginx(create_failure, GetParam(), outcome::unknown);
    EXPECT_EQ(create_failure.attempts().size(), 1U);
    const error get_failure = failure_of(client().get_session(made.id));
    expect_nginx(get_failure, GetParam(), outcome::unknown);
    EXPECT_EQ(get_failure.attempts().size(), 3U);
    EXPECT_EQ(get_failure.code(), GetParam() == 429 ? condition::rate_limited : condition::server_error);
    EXPECT_EQ(sandbox().counters().requests, 1U);
}

INSTANTIATE_TEST_SUITE_P(all, limited_by_nginx, ::testing::Values(503U, 429U), ::testing::PrintToStringParamName());

const char* const own_page_for_404 = "proxy_intercept_errors on;\nerror_page 404 /missing.html;\n"
                                     "location = /missing.html { internal; default_type text/html; "
                                     "return 404 '<html><title>Oops</title>nothing here</html>'; }\n";

TEST_F(behind_nginx, a_404_of_nginx_says_nothing_about_a_session)
{
    start_nginx(with_server(own_page_for_404));
    const session made = create();
    sandbox().lose_session(made.id);
    const error failure = failure_of(client().get_session(made.id));
    expect_nginx(failure, 404, outcome::unknown);
    EXPECT_NE(failure.code(), condition::not_found) << failure.what();
}

TEST_F(behind_nginx, a_404_of_nginx_after_a_lost_delete_does_not_tell_that_it_is_done)
{
    start_nginx(with_server(own_page_for_404));
    const session made = create();
    sandbox().add_fault(fault::drop_request());
    sandbox().add_fault(fault::respond(404, "not for you"));
    expect_nginx(failure_of(client().delete_session(made.id)), 404, outcome::unknown);
    EXPECT_TRUE(is_alive(made.id));
}

const char* const page_instead_of_errors = "error_page 502 504 =200 /sorry.html;\n"
                                           "location = /sorry.html { internal; default_type text/html; "
                                           "return 200 '<html><title>Sorry</title>back soon</html>'; }\n";

TEST_F(behind_nginx, a_page_with_status_200_is_no_success)
{
    start_nginx(with_server(page_instead_of_errors));
    sandbox().add_fault(fault::cut_response(0));
    const error failure = failed_create();
    expect_nginx(failure, 200, outcome::unknown);
    EXPECT_NE(std::string{failure.what()}.find("text/html"), std::string::npos) << failure.what();
    EXPECT_EQ(sandbox().counters().created, 1U);
    const session made = create();
    sandbox().add_fault(fault::drop_request());
    expect_nginx(failure_of(client().get_session(made.id)), 200, outcome::unknown);
    sandbox().add_fault(fault::drop_request());
    expect_nginx(failure_of(client().delete_session(made.id)), 200, outcome::unknown);
    EXPECT_TRUE(is_alive(made.id));
}

TEST_F(behind_nginx, json_from_nginx_is_not_taken_for_the_services)
{
    start_nginx(with_server("error_page 502 504 =503 /down.json;\n"
                            "location = /down.json { internal; default_type application/json; "
                            R"(return 503 '{"success":false,"message":"down for maintenance"}'; })"));
    sandbox().add_fault(fault::cut_response(0));
    expect_nginx(failed_create(), 503, outcome::unknown);
    EXPECT_EQ(sandbox().counters().created, 1U);
    const session made = create();
    sandbox().add_fault(fault::cut_response(0));
    EXPECT_EQ(run(client().get_session(made.id)).id, made.id);
}

TEST_F(behind_nginx, a_403_of_nginx_is_not_about_the_key)
{
    start_nginx(with_location("deny all;"));
    const error failure = failed_create();
    expect_nginx(failure, 403, outcome::unknown);
    EXPECT_NE(failure.code(), condition::forbidden);
    EXPECT_EQ(sandbox().counters().requests, 0U);
}

TEST_F(behind_nginx, a_redirect_of_nginx_is_not_followed)
{
    start_nginx(with_location("return 301 https://elsewhere.example$request_uri;"));
    const error failure = failed_create();
    expect_nginx(failure, 301, outcome::unknown);
    EXPECT_NE(std::string{failure.what()}.find("https://elsewhere.example/v1/sessions"), std::string::npos)
        << failure.what();
    EXPECT_EQ(sandbox().counters().requests, 0U);
}

// ---- large requests -------------------------------------------------------------------------------------------------

json::value large_body(std::size_t size)
{
    json::object body;
    body["text"] = std::string(size, 'x');
    return body;
}

class buffering : public behind_nginx, public ::testing::WithParamInterface<const char*> {
protected:
    void start() { start_nginx(with_location(std::string{"proxy_request_buffering "} + GetParam() + ";")); }
};

TEST_P(buffering, large_requests_pass)
{
    start();
    const json::value body = large_body(300'000);
    const json::value echoed = run(client().request(verb::post, "/v1/echo", body));
    EXPECT_TRUE(echoed.at("text") == body.at("text"));
    EXPECT_EQ(sandbox().counters().other, 1U);
}

TEST_P(buffering, a_lost_response_to_a_large_request_leaves_it_unknown)
{
    start();
    sandbox().add_fault(fault::cut_response(0));
    expect_nginx(failure_of(client().request(verb::post, "/v1/echo", large_body(300'000))), 502, outcome::unknown);
    EXPECT_EQ(sandbox().counters().other, 1U);
    EXPECT_EQ(sandbox().counters().requests, 1U);
}

INSTANTIATE_TEST_SUITE_P(all, buffering, ::testing::Values("on", "off"),
                         [](const auto& each) { return std::string{each.param}; });

TEST_F(behind_nginx, a_request_that_is_too_large_for_nginx_does_not_reach_the_service)
{
    start_nginx(with_location("client_max_body_size 1k;"));
    for (const std::size_t size : {std::size_t{2'000}, std::size_t{100'000}, std::size_t{900'000}}) {
        const error failure = failure_of(client().request(verb::post, "/v1/echo", large_body(size)));
        EXPECT_EQ(failure.code(), condition::intermediary) << failure.what();
        EXPECT_EQ(failure.status(), 413U) << failure.what();
        // Where nginx responds before the whole request is written, that it was not applied may be proven.
        EXPECT_TRUE(failure.outcome() == outcome::unknown || failure.outcome() == outcome::not_applied)
            << failure.what();
        EXPECT_EQ(failure.attempts().size(), 1U);
    }
    EXPECT_EQ(sandbox().counters().requests, 0U);
}

// ---- connections that nginx ends ------------------------------------------------------------------------------------

TEST_F(behind_nginx, a_connection_that_nginx_closed_while_it_was_idle_is_not_used)
{
    nginx_options how;
    how.http = "keepalive_timeout 100ms;";
    start_nginx(how);
    const session made = create();
    run_until(context, [&] { return client().stats().open == 0; });
    response_info info;
    call_options wanted;
    wanted.info = &info;
    run(client().create_session({}, {}, wanted));
    ASSERT_EQ(info.attempts.size(), 1U);
    EXPECT_FALSE(info.attempts[0].reused);
    EXPECT_EQ(sandbox().counters().created, 2U);
}

TEST_F(behind_nginx, a_new_process_resumes_with_the_tickets_that_the_one_before_saved)
{
    start_nginx(with_location("add_header X-Resumed $ssl_session_reused;"));
    options.tls.tickets = std::make_shared<tls_ticket_store>();
    const session made = create();
    EXPECT_EQ(client().stats().resumed, 0U);
    const secret saved = options.tls.tickets->save();
    reset_client();
    options.tls.tickets = std::make_shared<tls_ticket_store>(saved);
    response_info info;
    call_options wanted;
    wanted.info = &info;
    run(client().get_session(made.id, wanted));
    EXPECT_EQ(client().stats().resumed, 1U);
    EXPECT_EQ(info.header("X-Resumed"), "r");
}

TEST_F(behind_nginx, connections_limited_to_few_requests_are_replaced_transparently)
{
    nginx_options how;
    how.http = "keepalive_requests 3;";
    start_nginx(how);
    for (int i = 0; i < 20; ++i) {
        create();
    }
    EXPECT_EQ(sandbox().counters().created, 20U);
    EXPECT_EQ(sandbox().counters().requests, 20U);
}

TEST_F(behind_nginx, a_create_that_meets_the_end_of_its_connection_is_not_made_twice)
{
    nginx_options how;
    how.http = "keepalive_timeout 1ms;";
    start_nginx(how);
    std::uint64_t done = 0;
    std::uint64_t unknown = 0;
    for (int i = 0; i < 200; ++i) {
        try {
            create();
            ++done;
        } catch (const error& failure) {
            EXPECT_EQ(failure.outcome(), outcome::unknown) << failure.what();
            ++unknown;
        }
    }
    EXPECT_GE(sandbox().counters().created, done);
    EXPECT_LE(sandbox().counters().created, done + unknown);
}

struct disturbance {
    const char* name;
    void (*apply)(nginx_proxy&);
};

class disturbed : public behind_nginx, public ::testing::WithParamInterface<disturbance> {
protected:
    /// Applies the disturbance whenever another hundred operations were begun, as long as agents are left.
    void disturb(boost::asio::steady_timer& timer, const campaign_load& load, std::size_t next)
    {
        timer.expires_after(1ms);
        timer.async_wait([this, &timer, &load, next](boost::system::error_code) {
            if (agents_left == 0) {
                ended = true;
                return;
            }
            const bool due = load.taken >= next;
            if (due) {
                GetParam().apply(*nginx);
                ++disturbances;
            }
            disturb(timer, load, due ? next + 100 : next);
        });
    }

    int agents_left = 12;
    int disturbances = 0;
    bool ended = false;
};

TEST_P(disturbed, callers_learn_the_outcome)
{
    start_nginx();
    options.retry.max_attempts = 10;
    options.retry.base_delay = 2ms;
    constexpr std::size_t operations = 600;
    campaign_load load{operations, 1};
    for (int i = agents_left; i > 0; --i) {
        boost::asio::co_spawn(context, load.run_agent(client()), [this](const std::exception_ptr&) { --agents_left; });
    }
    boost::asio::steady_timer timer{context};
    disturb(timer, load, 50);
    run_until(context, [this] { return ended; });
    campaign_account account;
    account.add(load.records, sandbox().ledger());
    EXPECT_EQ(account.operations, operations);
    EXPECT_TRUE(account.is_clean());
    EXPECT_GE(account.succeeded, operations / 2);
    EXPECT_GE(disturbances, 3);
    if (!account.is_clean()) {
        account.print();
    }
}

INSTANTIATE_TEST_SUITE_P(all, disturbed,
                         ::testing::Values(disturbance{"restarted",
                                                       [](nginx_proxy& nginx) {
                                                           nginx.stop();
                                                           nginx.start();
                                                       }},
                                           disturbance{"killed",
                                                       [](nginx_proxy& nginx) {
                                                           nginx.kill();
                                                           nginx.start();
                                                       }},
                                           disturbance{"reloaded", [](nginx_proxy& nginx) { nginx.reload(); }}),
                         [](const auto& each) { return std::string{each.param.name}; });

} // namespace
} // namespace sipher::test
