#include "support/client_fixture.hpp"

#include <sipher/sipher.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;
using sipher::testing::sandbox_counters;

/// What follows a failure: it is reported, or the request is sent again.
enum class next { ends, repeats };

constexpr std::array<next, 4> never{next::ends, next::ends, next::ends, next::ends};
constexpr std::array<next, 4> always{next::repeats, next::repeats, next::repeats, next::repeats};
/// All but create.
constexpr std::array<next, 4> if_harmless{next::ends, next::repeats, next::repeats, next::repeats};

enum class kind { create, get, update, remove };

/// A point of failure on the wire, and what is to follow for create, get, update and delete.
struct failure_row {
    failure_row(const char* row_name, fault row_fault, std::array<next, 4> row_follows,
                boost::system::error_code row_code, outcome row_effect)
        : name(row_name), what(std::move(row_fault)), follows(row_follows), code(row_code), effect(row_effect)
    {
    }

    const char* name;
    fault what;
    std::array<next, 4> follows;
    /// Of the error, where it ends there.
    boost::system::error_code code;
    outcome effect;
};

boost::system::error_code status(int value)
{
    return {value, service_category()};
}

boost::system::error_code foreign(int value)
{
    return {value, intermediary_category()};
}

const char* const limit_words = R"({"success":false,"error":{"code":"RATE_LIMIT_EXCEEDED","message":"Too many"}})";
const char* const route_words = R"({"success":false,"error":{"code":"NOT_FOUND","message":"no such route"}})";
const char* const retryable_words =
    R"({"success":false,"error":{"code":"REQUEST_TIMEOUT","message":"too slow","retryable":true}})";
const char* const unavailable_words =
    R"({"success":false,"error":{"code":"SERVICE_UNAVAILABLE","message":"Server is shutting down"}})";
const char* const internal_words = R"({"success":false,"error":{"code":"INTERNAL_ERROR","message":"oops"}})";
const char* const forbidden_words = R"({"success":false,"error":{"code":"FORBIDDEN","message":"no"}})";

std::vector<failure_row> ends_of_the_connection()
{
    return {
        {"dropped", fault::drop_request(), if_harmless, errc::no_response, outcome::unknown},
        {"reset", fault::drop_request(true), if_harmless, errc::no_response, outcome::unknown},
        {"response_lost", fault::cut_response(0), if_harmless, errc::no_response, outcome::unknown},
        {"response_lost_by_reset", fault::cut_response(0, true), if_harmless, errc::no_response, outcome::unknown},
        {"status_line_cut", fault::cut_response(7), if_harmless, errc::incomplete_header, outcome::unknown},
        {"header_cut", fault::cut_response(200), if_harmless, errc::incomplete_header, outcome::unknown},
        {"body_cut", fault::raw_response("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"), if_harmless,
         errc::incomplete_body, outcome::unknown},
        {"refusal_cut", fault::raw_response("HTTP/1.1 403 Forbidden\r\nContent-Length: 20\r\n\r\n{"), if_harmless,
         errc::incomplete_body, outcome::unknown},
        {"silence", fault::silence(), if_harmless, errc::attempt_timeout, outcome::unknown},
    };
}

std::vector<failure_row> wrong_responses()
{
    const auto raw = [](const char* bytes) { return fault::raw_response(bytes); };
    return {
        {"garbage", raw("garbage\r\n\r\n"), never, errc::protocol_error, outcome::unknown},
        {"two_framings", raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"), never,
         errc::protocol_error, outcome::unknown},
        {"body_too_large", raw("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"), never, errc::protocol_error,
         outcome::unknown},
    };
}

/// As the service's HTTP server gives up a request that it could not read.
fault bare_408()
{
    fault bare = fault::raw_response("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
    bare.act = false;
    return bare;
}

std::vector<failure_row> refusals()
{
    return {
        {"raw_408", bare_408(), always, status(408), outcome::not_applied},
        {"json_408", fault::act_but_respond(408, retryable_words), if_harmless, status(408), outcome::unknown},
        {"429", fault::respond(429, limit_words), always, status(429), outcome::not_applied},
        {"429_of_a_proxy", fault::respond(429, "<html>slow down</html>"), if_harmless, foreign(429), outcome::unknown},
        {"500", fault::act_but_respond(500, internal_words), never, status(500), outcome::unknown},
        {"500_retryable", fault::act_but_respond(500, retryable_words), if_harmless, status(500), outcome::unknown},
        {"502", fault::act_but_respond(502, "<html>"), if_harmless, foreign(502), outcome::unknown},
        {"504", fault::act_but_respond(504, "<html>"), if_harmless, foreign(504), outcome::unknown},
        {"503_shutting_down", fault::respond(503, unavailable_words), always, status(503), outcome::not_applied},
        {"503_other", fault::act_but_respond(503, "<html>"), if_harmless, foreign(503), outcome::unknown},
        {"421", fault::respond(421, ""), always, foreign(421), outcome::not_applied},
        {"403", fault::respond(403, forbidden_words), never, status(403), outcome::not_applied},
        {"404_of_the_service", fault::respond(404, route_words), never, status(404), outcome::not_applied},
        {"404_of_a_gateway", fault::respond(404, ""), never, foreign(404), outcome::unknown},
    };
}

std::vector<failure_row> rows()
{
    std::vector<failure_row> all = ends_of_the_connection();
    for (const auto& more : {wrong_responses(), refusals()}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    return all;
}

using cell = std::tuple<failure_row, kind, bool>;

class matrix : public client_test, public ::testing::WithParamInterface<cell> {
protected:
    matrix()
    {
        options.retry.base_delay = 0ms;
        options.retry.throttled_base_delay = 0ms;
    }

    boost::asio::awaitable<int> perform(kind what)
    {
        call_options wanted;
        wanted.info = &info;
        switch (what) {
        case kind::create: co_await client().create_session({}, {}, wanted); break;
        case kind::get: co_await client().get_session(mine.id, wanted); break;
        case kind::update: co_await client().update_session(mine.id, near_and_shielded(), wanted); break;
        case kind::remove: {
            const deleted_session gone = co_await client().delete_session(mine.id, wanted);
            already_absent = gone.already_absent;
            break;
        }
        }
        co_return 0;
    }

    std::optional<error> perform_to_its_end(kind what)
    {
        bool done = false;
        std::optional<error> failure;
        boost::asio::co_spawn(context, perform(what), [&](const std::exception_ptr& thrown, int) {
            done = true;
            failure = error_of(thrown);
        });
        const auto before = sandbox().counters().requests;
        if (std::get<0>(GetParam()).what.silent) {
            run_until(context, [&] { return sandbox().counters().requests == before + 1; });
            clock->advance(10s);
        }
        run_until(context, [&] { return done; });
        return failure;
    }

    [[nodiscard]] static std::uint64_t effects(const sandbox_counters& all, kind what)
    {
        switch (what) {
        case kind::create: return all.created;
        case kind::get: return all.read;
        case kind::update: return all.updated;
        case kind::remove: break;
        }
        return all.deleted;
    }

    void expect_success(const failure_row& row, kind what, const sandbox_counters& before)
    {
        const sandbox_counters after = sandbox().counters();
        EXPECT_EQ(after.requests - before.requests, 2U);
        const std::uint64_t applied_first = row.what.act ? 1 : 0;
        const bool found_nothing = what == kind::remove && row.what.act;
        EXPECT_EQ(effects(after, what) - effects(before, what), applied_first + (found_nothing ? 0 : 1));
        EXPECT_EQ(already_absent, found_nothing);
        ASSERT_EQ(info.attempts.size(), 2U);
        EXPECT_EQ(info.attempts[0].code, row.code);
        // A delete whose response says success was done, whatever became of the words.
        const bool done = what == kind::remove && row.code == errc::incomplete_body && info.attempts[0].status == 200;
        EXPECT_EQ(info.attempts[0].outcome, done ? outcome::applied_result_lost : row.effect);
        EXPECT_EQ(info.ambiguous_prior_attempt, row.effect >= outcome::unknown);
    }

    void expect_end(const failure_row& row, kind what, const sandbox_counters& before, const error& failure)
    {
        const sandbox_counters after = sandbox().counters();
        EXPECT_EQ(failure.code(), row.code) << failure.what();
        EXPECT_EQ(failure.outcome(), row.effect) << failure.what();
        EXPECT_EQ(after.requests - before.requests, 1U);
        EXPECT_EQ(effects(after, what) - effects(before, what), row.what.act ? 1U : 0U);
        EXPECT_EQ(failure.attempts().size(), 1U);
    }

    session mine;
    response_info info;
    bool already_absent = false;
};

TEST_P(matrix, outcome)
{
    const auto& [row, what, reused] = GetParam();
    mine = create();
    if (!reused) {
        // Too old to be used again.
        clock->advance(5s);
        run_until(context, [&] { return client().stats().open == 0; });
    }
    const sandbox_counters before = sandbox().counters();
    sandbox().add_fault(row.what);
    const auto failure = perform_to_its_end(what);
    if (row.follows.at(static_cast<std::size_t>(what)) == next::repeats) {
        ASSERT_FALSE(failure) << failure->what();
        expect_success(row, what, before);
    } else {
        ASSERT_TRUE(failure);
        expect_end(row, what, before, *failure);
    }
    EXPECT_EQ(client().stats().busy, 0U);
    sandbox().clear_faults();
    EXPECT_NO_THROW(create()) << "the client is usable";
}

/// Failures before a byte of the request leaves: nothing reaches the service, whatever the operation.
struct unreachable_row {
    unreachable_row(const char* row_name, void (*row_spoil)(client_options&), errc row_code, std::size_t row_attempts)
        : name(row_name), spoil(row_spoil), code(row_code), attempts(row_attempts)
    {
    }

    const char* name;
    void (*spoil)(client_options&);
    errc code;
    std::size_t attempts;
};

class unreachable : public client_test, public ::testing::WithParamInterface<std::tuple<unreachable_row, kind>> {};

TEST_P(unreachable, is_not_sent)
{
    const auto& [row, what] = GetParam();
    const session_id nobodys{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};
    options.retry.base_delay = 0ms;
    sandbox();
    row.spoil(options);
    error failure;
    switch (what) {
    case kind::create: failure = failure_of(client().create_session({})); break;
    case kind::get: failure = failure_of(client().get_session(nobodys)); break;
    case kind::update: failure = failure_of(client().update_session(nobodys, {})); break;
    case kind::remove: failure = failure_of(client().delete_session(nobodys)); break;
    }
    EXPECT_EQ(failure.code(), row.code) << failure.what();
    EXPECT_EQ(failure.outcome(), outcome::not_sent);
    EXPECT_EQ(failure.attempts().size(), row.attempts);
    EXPECT_EQ(sandbox().counters().requests, 0U);
    EXPECT_EQ(sandbox().counters().bytes_received, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    all, unreachable,
    ::testing::Combine(
        ::testing::Values(
            unreachable_row{"refused", [](client_options& options) { options.base_url = "https://127.0.0.1:1"; },
                            errc::connect_failed, 3},
            unreachable_row{"unknown_authority", [](client_options& options) { options.tls.ca_pem.clear(); },
                            errc::tls_verify_failed, 1},
            unreachable_row{"other_name", [](client_options& options) { options.tls.server_name = "other.test"; },
                            errc::tls_verify_failed, 1},
            unreachable_row{"wrong_pin",
                            [](client_options& options) {
                                options.tls.pinned_public_keys = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
                            },
                            errc::tls_verify_failed, 1},
            unreachable_row{"proxy_refused", [](client_options& options) { options.proxy.url = "http://127.0.0.1:1"; },
                            errc::connect_failed, 3}),
        ::testing::Values(kind::create, kind::get, kind::update, kind::remove)),
    [](const auto& each) {
        return std::string{std::get<0>(each.param).name} + "_" +
               std::to_string(static_cast<int>(std::get<1>(each.param)));
    });

std::string name_of(const ::testing::TestParamInfo<cell>& each)
{
    constexpr std::array<const char*, 4> names{"create", "get", "update", "delete"};
    return std::string{std::get<0>(each.param).name} + "_" +
           names.at(static_cast<std::size_t>(std::get<1>(each.param))) +
           (std::get<2>(each.param) ? "_reused" : "_fresh");
}

INSTANTIATE_TEST_SUITE_P(all, matrix,
                         ::testing::Combine(::testing::ValuesIn(rows()),
                                            ::testing::Values(kind::create, kind::get, kind::update, kind::remove),
                                            ::testing::Bool()),
                         name_of);

} // namespace
} // namespace sipher::test
