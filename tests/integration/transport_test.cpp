#include "support/client_fixture.hpp"

#include <boost/asio/use_future.hpp>

#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;

class tls : public client_test {
protected:
    void expect_refused_before_a_byte(const client_options& wrong, std::string_view reason)
    {
        sipher::client other{context, wrong};
        const error failure = failure_of(other.create_session({}));
        EXPECT_EQ(failure.code(), errc::tls_verify_failed) << failure.what();
        EXPECT_EQ(failure.outcome(), outcome::not_sent);
        EXPECT_EQ(failure.attempts().size(), 1U) << "it would end the same way";
        EXPECT_NE(failure.message().find(reason), std::string::npos) << failure.message();
        EXPECT_EQ(sandbox().counters().bytes_received, 0U);
    }
};

TEST_F(tls, an_unknown_authority_is_refused)
{
    sandbox();
    client_options systems_store = options;
    systems_store.tls.ca_pem.clear();
    expect_refused_before_a_byte(systems_store, "certificate");
}

TEST_F(tls, another_name_is_refused)
{
    sandbox();
    client_options other_name = options;
    other_name.tls.server_name = "sipher.example";
    expect_refused_before_a_byte(other_name, "ostname mismatch");
    other_name.tls.server_name = "192.0.2.1";
    expect_refused_before_a_byte(other_name, "IP address mismatch");
}

TEST_F(tls, names_and_addresses_of_the_certificate_are_accepted)
{
    sandbox();
    for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1"}) {
        client_options named = options;
        named.base_url = std::string{"https://"} + host + ":" + std::to_string(sandbox().port());
        sipher::client other{context, named};
        EXPECT_NO_THROW(run(other.create_session({}))) << host;
    }
}

TEST_F(tls, speaking_tls_to_a_plain_port_fails_clearly)
{
    sandbox_options.tls = false;
    sandbox();
    client_options wrong = options;
    wrong.base_url = "https://localhost:" + std::to_string(sandbox().port());
    sipher::client other{context, wrong};
    const error failure = failure_of(other.create_session({}));
    EXPECT_EQ(failure.code(), condition::transport);
    EXPECT_EQ(failure.outcome(), outcome::not_sent);
}

TEST_F(tls, later_connections_resume)
{
    create();
    for (int i = 0; i < 5; ++i) {
        sandbox().close_idle_connections();
        run_until(context, [&] { return client().stats().idle == 0; });
        create();
    }
    EXPECT_EQ(client().stats().resumed, 5U);
    EXPECT_EQ(sandbox().counters().handshakes_resumed, 5U);
}

TEST_F(tls, plain_http_works_on_this_machine)
{
    sandbox_options.tls = false;
    EXPECT_NO_THROW(create());
    EXPECT_EQ(options.base_url.substr(0, 7), "http://");
}

class pooling : public client_test {
protected:
    /// Starts `count` creates at once and waits for all; how many succeeded.
    std::size_t create_at_once(std::size_t count)
    {
        std::size_t succeeded = 0;
        std::size_t done = 0;
        for (std::size_t i = 0; i < count; ++i) {
            boost::asio::co_spawn(context, client().create_session({}),
                                  [&](const std::exception_ptr& failure, const session&) {
                                      succeeded += failure ? 0 : 1;
                                      ++done;
                                      const client_stats now = client().stats();
                                      EXPECT_EQ(now.open, now.idle + now.busy + now.dialing);
                                      EXPECT_LE(now.open, options.pool.max_connections);
                                  });
        }
        run_until(context, [&] { return done == count; });
        return succeeded;
    }
};

TEST_F(pooling, one_after_the_other_share_a_connection)
{
    for (int i = 0; i < 5; ++i) {
        create();
    }
    EXPECT_EQ(sandbox().counters().connections, 1U);
    EXPECT_EQ(client().stats().reused, 4U);
}

TEST_F(pooling, many_at_once_share_as_many_as_allowed)
{
    options.pool.max_connections = 4;
    EXPECT_EQ(create_at_once(100), 100U);
    EXPECT_LE(sandbox().counters().connections, 4U);
    EXPECT_EQ(sandbox().counters().created, 100U);
}

TEST_F(pooling, too_many_are_refused_at_once)
{
    options.pool.max_connections = 1;
    options.pool.max_waiting = 3;
    EXPECT_EQ(create_at_once(10), 4U);
}

TEST_F(pooling, connections_that_the_server_closed_do_not_surface)
{
    const session mine = create();
    for (int i = 0; i < 20; ++i) {
        sandbox().close_idle_connections();
        EXPECT_NO_THROW(run(client().get_session(mine.id)));
        run_until(context, [&] { return client().stats().busy == 0; });
    }
    sandbox().close_idle_connections();
    run_until(context, [&] { return client().stats().idle == 0; });
    EXPECT_NO_THROW(create());
}

TEST_F(pooling, a_connection_is_not_used_up_to_the_servers_limit)
{
    create();
    clock->advance(3999ms);
    const session mine = create();
    clock->advance(2499ms);
    run(client().get_session(mine.id));
    EXPECT_GE(client().stats().reused, 1U);
    clock->advance(4s);
    run(client().get_session(mine.id));
    EXPECT_EQ(client().stats().dialed, client().stats().closed_expired + 1);
}

TEST_F(pooling, around_the_servers_limit_nothing_surfaces)
{
    options.pool.max_connections = 4;
    const session mine = create();
    std::uint64_t creates = 1;
    std::uint64_t requests = 1;
    for (auto gap = 3'000ms; gap <= 6'200ms; gap += 10ms) {
        clock->advance(gap);
        // Half of the time the server has closed before, and that is only now on its way.
        const bool closes = gap.count() % 20 == 0;
        for (int i = 0; i < 8; ++i) {
            if (closes) {
                sandbox().close_idle_connections();
            }
            for (int k = 0; k < 3; ++k) {
                EXPECT_NO_THROW(run(client().get_session(mine.id))) << gap.count();
            }
            EXPECT_NO_THROW(run(client().update_session(mine.id, near_and_shielded()))) << gap.count();
            requests += 4;
        }
        create({}, 1h);
        ++creates;
        ++requests;
    }
    EXPECT_GE(requests, 10'000U);
    EXPECT_EQ(sandbox().counters().created, creates);
}

/// What a fault does to each operation, and whether the sandbox applied it.
struct fault_row {
    const char* name;
    fault what;
    boost::system::error_code code;
    outcome effect;
};

class faults : public client_test {
protected:
    static std::vector<fault_row> rows()
    {
        return {
            {"dropped", fault::drop_request(), errc::no_response, outcome::unknown},
            {"reset", fault::drop_request(true), errc::no_response, outcome::unknown},
            {"nothing came back", fault::cut_response(0), errc::no_response, outcome::unknown},
            {"cut in the status line", fault::cut_response(7), errc::incomplete_header, outcome::unknown},
            {"cut in the header", fault::cut_response(200, true), errc::incomplete_header, outcome::unknown},
            {"garbage", fault::raw_response("garbage garbage\r\n\r\n"), errc::protocol_error, outcome::unknown},
            {"two framings",
             fault::raw_response("HTTP/1.1 201 Created\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"),
             errc::protocol_error, outcome::unknown},
            {"endless header", fault::raw_response("HTTP/1.1 200 OK\r\nA: " + std::string(40'000, 'x')),
             errc::protocol_error, outcome::unknown},
            {"body too large", fault::raw_response("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"),
             errc::protocol_error, outcome::unknown},
            {"body cut", fault::raw_response("HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{"),
             errc::incomplete_body, outcome::unknown},
            {"not JSON", fault::act_but_respond(201, "<html>"), boost::system::error_code{201, intermediary_category()},
             outcome::unknown},
            {"not a session", fault::act_but_respond(201, R"({"success":true,"data":{}})"), errc::bad_payload,
             outcome::applied_result_lost},
        };
    }
};

TEST_F(faults, a_create_is_never_retried_and_its_outcome_is_reported)
{
    for (const fault_row& each : rows()) {
        SCOPED_TRACE(each.name);
        new_requests();
        sandbox().add_fault(each.what);
        const std::uint64_t created_before = sandbox().counters().created;
        const error failure = failure_of(client().create_session({}));
        EXPECT_EQ(failure.code(), each.code) << failure.what();
        EXPECT_EQ(failure.outcome(), each.effect);
        EXPECT_EQ(new_requests(), 1U);
        EXPECT_LE(sandbox().counters().created - created_before, 1U);
        EXPECT_EQ(client().stats().busy, 0U);
        EXPECT_NO_THROW(create()) << "the client stays usable";
    }
}

TEST_F(faults, a_get_is_repeated_where_that_can_help)
{
    const session mine = create();
    options.retry.base_delay = 0ms;
    sipher::client eager{context, options};
    for (const fault_row& each : rows()) {
        SCOPED_TRACE(each.name);
        const bool hopeless =
            each.code == errc::protocol_error || each.code == errc::bad_payload || each.code == condition::intermediary;
        sandbox().add_fault(each.what);
        const auto got = run(as_result(eager.get_session(mine.id)));
        EXPECT_EQ(got.has_value(), !hopeless) << (got.has_error() ? got.error().what() : "");
    }
}

TEST_F(faults, error_pages_of_gateways_are_readable)
{
    for (const unsigned status : {502U, 503U, 504U}) {
        sandbox().add_fault(fault::respond(status, "<html><h1>Bad\tGateway</h1></html>"));
        const error failure = failure_of(client().create_session({}));
        EXPECT_EQ(failure.status(), status);
        EXPECT_EQ(failure.code(), condition::server_error);
        EXPECT_EQ(failure.outcome(), outcome::unknown);
        EXPECT_EQ(std::string{failure.what()}.find('\n'), std::string::npos);
    }
    sandbox().add_fault(fault::respond(502, ""));
    EXPECT_FALSE(failure_of(client().create_session({})).message().empty());
}

TEST_F(faults, the_two_kinds_of_408_are_distinguished)
{
    sandbox().add_fault(fault::act_but_respond(
        408, R"({"success":false,"error":{"code":"REQUEST_TIMEOUT","message":"m","retryable":true}})"));
    const error running = failure_of(client().create_session({}));
    EXPECT_EQ(running.code(), condition::timeout);
    EXPECT_EQ(running.outcome(), outcome::unknown);
    EXPECT_EQ(sandbox().counters().created, 1U);
    options.retry.base_delay = 0ms;
    sipher::client eager{context, options};
    fault raw = fault::raw_response("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
    raw.act = false;
    sandbox().add_fault(raw);
    EXPECT_NO_THROW(run(eager.create_session({}))) << "proven not applied, so even a create is sent again";
    EXPECT_EQ(sandbox().counters().created, 2U);
}

TEST_F(faults, a_service_that_shuts_down_has_not_applied_anything)
{
    options.retry.max_attempts = 1;
    sandbox().set_shutting_down(true);
    const error failure = failure_of(client().create_session({}));
    EXPECT_EQ(failure.status(), 503U);
    EXPECT_EQ(failure.outcome(), outcome::not_applied);
    sandbox().set_shutting_down(false);
    EXPECT_NO_THROW(create());
}

TEST_F(faults, a_delete_whose_response_was_lost_succeeds)
{
    options.retry.base_delay = 0ms;
    const session mine = create();
    sandbox().add_fault(fault::cut_response(0));
    const deleted_session gone = run(client().delete_session(mine.id));
    EXPECT_TRUE(gone.already_absent);
    EXPECT_EQ(sandbox().counters().deleted, 1U);
}

TEST_F(faults, messages_carry_no_secret)
{
    session_defaults defaults;
    defaults.default_viewing_key = secret{"0xfeedfacecafebeef"};
    const session mine = create(defaults);
    const std::string id = mine.id.to_string();
    run(client().delete_session(mine.id));
    const error gone = failure_of(client().get_session(mine.id));
    sandbox().add_fault(fault::respond(500, "sandbox-pro-key? " + id));
    const error strange = failure_of(client().update_session(mine.id, defaults));
    for (const error& each : {gone, strange}) {
        const std::string text = each.what();
        EXPECT_EQ(text.find(id), std::string::npos) << text;
        EXPECT_EQ(text.find("feedface"), std::string::npos) << text;
    }
}

} // namespace
} // namespace sipher::test
