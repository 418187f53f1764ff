#include "support/client_fixture.hpp"

#include <boost/json/object.hpp>

#include <exception>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;

class request_as_test : public client_test {};

TEST_F(request_as_test, bodies_and_results_have_the_types_of_the_caller)
{
    const std::map<std::string, int> wishes{{"a", 1}, {"b", 2}};
    const auto echoed = run(request_as<std::map<std::string, int>>(client(), verb::post, "/v1/echo", wishes));
    EXPECT_EQ(echoed, wishes);
    const auto ran_under =
        run(request_as<session_defaults>(client(), verb::post, "/v1/stealth/generate", near_and_shielded()));
    EXPECT_EQ(ran_under.chain, chain::near);
}

TEST_F(request_as_test, under_a_live_session_too)
{
    const live_session live = run(live_session::start(client(), near_and_shielded()));
    const auto ran_under = run(request_as<session_defaults>(live, verb::post, "/v1/stealth/generate", json::object{}));
    EXPECT_EQ(ran_under, near_and_shielded());
}

TEST_F(request_as_test, a_call_does_not_keep_its_client_alive)
{
    sandbox().add_fault(testing::fault::silence());
    std::optional<error> ended;
    asio::co_spawn(context, request_as<int>(client(), verb::get, "/v1/health"),
                   [&ended](const std::exception_ptr& thrown, int) { ended = error_of(thrown); });
    settle(1);
    EXPECT_FALSE(ended);
    reset_client();
    settle();
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->code(), errc::client_closed);
}

TEST_F(request_as_test, a_response_of_another_type_says_that_it_was_applied)
{
    const error failure =
        failure_of(request_as<std::vector<int>>(client(), verb::post, "/v1/echo", json::object{{"a", 1}}));
    EXPECT_EQ(failure.code(), errc::bad_payload);
    EXPECT_EQ(failure.outcome(), outcome::applied_result_lost);
    EXPECT_EQ(failure_of(request_as<int>(client(), verb::get, "/v1/health")).outcome(), outcome::unknown);
}

} // namespace
} // namespace sipher::test
