// Handles that are empty or were moved from: an error, never a crash.
#include "sweeps/awaitable_fixture.hpp"

#include <sipher/request_as.hpp>

#include <boost/json/object.hpp>

#include <stdexcept>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using boost::json::object;

class empty_handle : public ::testing::Test {
protected:
    template <class T>
    void expect_refused(asio::awaitable<T> work)
    {
        const auto ended = world.complete(world.launch(std::move(work)));
        ASSERT_EQ(ended->completions, 1);
        const auto failure = ended->failure();
        ASSERT_TRUE(failure);
        EXPECT_EQ(failure->code(), errc::invalid_request) << failure->what();
        EXPECT_EQ(failure->outcome(), outcome::not_sent);
    }

    void expect_all_refused(const live_session& live)
    {
        expect_refused(live.request(verb::post, "/v1/x", object{}));
        expect_refused(live.request(verb::get, "/v1/x"));
        expect_refused(request_as<boost::json::value>(live, verb::get, "/v1/x"));
        expect_refused(live.update({}));
        expect_refused(live.verify());
        expect_refused(live.close());
        for (const auto& use : {std::function<void()>{[&] { static_cast<void>(live.id()); }},
                                std::function<void()>{[&] { static_cast<void>(live.defaults()); }},
                                std::function<void()>{[&] { const applied_session under{live}; }}}) {
            try {
                use();
                ADD_FAILURE() << "not refused";
            } catch (const error& failure) {
                EXPECT_EQ(failure.code(), errc::invalid_request) << failure.what();
            }
        }
        EXPECT_TRUE(world.service.requests.size() <= 1U);
    }

    client_world world;
};

TEST_F(empty_handle, an_empty_live_session_is_refused)
{
    expect_all_refused({});
}

TEST_F(empty_handle, a_live_session_that_was_moved_from_is_refused)
{
    auto first = world.get(live_session::start(*world.api, {}));
    ASSERT_TRUE(first);
    const live_session second = std::move(*first);
    expect_all_refused(*first); // NOLINT(bugprone-use-after-move): what is tested
}

TEST_F(empty_handle, a_client_that_was_moved_from_is_refused)
{
    client first = *world.api;
    const client second = std::move(first);
    // NOLINTBEGIN(bugprone-use-after-move): what is tested
    expect_refused(first.create_session({}));
    expect_refused(first.get_session(session_id{}));
    expect_refused(first.update_session(session_id{}, {}));
    expect_refused(first.delete_session(session_id{}));
    expect_refused(first.request(verb::post, "/v1/x", object{}));
    expect_refused(first.request(verb::get, "/v1/x"));
    expect_refused(request_as<boost::json::value>(first, verb::get, "/v1/x"));
    expect_refused(first.prewarm(1));
    expect_refused(first.shutdown(1s));
    expect_refused(live_session::start(first, {}));
    expect_refused(session_scope::open(first, {}));
    EXPECT_THROW((session_scope{first, session{scripted_session_id(), {}}}), error);
    EXPECT_THROW(static_cast<void>(first.stats()), error);
    EXPECT_THROW(static_cast<void>(first.get_executor()), error);
    // NOLINTEND(bugprone-use-after-move)
    EXPECT_TRUE(world.service.requests.empty());
}

TEST_F(empty_handle, an_empty_session_is_refused)
{
    call_options under;
    under.session = session{};
    expect_refused(world.api->request(verb::post, "/v1/x", object{}, under));
    under.session = session_id{};
    expect_refused(world.api->request(verb::post, "/v1/x", object{}, under));
    expect_refused(live_session::adopt(*world.api, session{}));
    EXPECT_THROW((session_scope{*world.api, session{}}), error);
    session moved{scripted_session_id(), {}};
    moved.defaults.default_viewing_key = secret{"0x1"};
    const session other = std::move(moved);
    under.session = moved; // NOLINT(bugprone-use-after-move): what is tested
    expect_refused(world.api->request(verb::post, "/v1/x", object{}, under));
    EXPECT_TRUE(world.service.requests.empty());
}

TEST_F(empty_handle, an_empty_session_scope_closes_without_a_request)
{
    session_scope none;
    EXPECT_TRUE(world.complete(world.launch(none.close()))->succeeded());
    auto first = world.get(session_scope::open(*world.api, {}));
    ASSERT_TRUE(first);
    const std::size_t before = world.service.requests.size();
    {
        const session_scope second = std::move(*first);
        // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
        EXPECT_TRUE(world.complete(world.launch(first->close()))->succeeded());
        EXPECT_EQ(world.service.requests.size(), before);
    }
    EXPECT_EQ(none.get().id, session_id{});
}

TEST(with_session_test, a_key_provider_that_throws_at_the_delete_hides_neither_result_nor_exception)
{
    for (const bool body_throws : {false, true}) {
        auto failing = std::make_shared<bool>(false);
        client_options options;
        options.api_key_provider = [failing] {
            if (*failing) {
                throw 42; // NOLINT(hicpp-exception-baseclass): users may
            }
            return secret{"key"};
        };
        client_world world{options};
        auto body = [failing, body_throws](session) -> asio::awaitable<int> {
            *failing = true;
            if (body_throws) {
                throw std::runtime_error{"the body's own"};
            }
            co_return 7;
        };
        const auto ended = world.complete(world.launch(with_session(*world.api, {}, 10min, body)));
        ASSERT_EQ(ended->completions, 1);
        EXPECT_EQ(ended->thrown != nullptr, body_throws);
        if (body_throws) {
            EXPECT_THROW(std::rethrow_exception(ended->thrown), std::runtime_error);
        }
        *failing = false;
    }
}

TEST(client_executor, must_not_be_empty)
{
    try {
        const sipher::client made{boost::asio::any_io_executor{}, client_options{}};
        FAIL();
    } catch (const error& refused) {
        EXPECT_EQ(refused.message(), "executor: must not be empty");
    }
}

} // namespace
} // namespace sipher::test
