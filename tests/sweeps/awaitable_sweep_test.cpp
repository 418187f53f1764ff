// Every awaiting function of the public headers, cancelled after any of its handlers, and with callbacks that throw at
// any call: exactly one completion, which is a result or a `sipher::error`.
#include "sweeps/awaitable_fixture.hpp"

#include <sipher/observer.hpp>
#include <sipher/request_as.hpp>

#include <boost/asio/error.hpp>
#include <boost/json/object.hpp>

#include <ostream>
#include <stdexcept>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using boost::json::object;

using started = std::shared_ptr<ending>;

struct awaiting_function {
    const char* name;
    void (*prepare)(client_world&);
    started (*start)(client_world&);
    bool closes_client = false;
    /// A connection that cannot be made is not tried again.
    bool retries = true;

    void disturb(client_world& world) const
    {
        if (retries) {
            world.disturb();
        }
    }
};

std::ostream& operator<<(std::ostream& os, const awaiting_function& function)
{
    return os << function.name;
}

session_defaults on_near()
{
    session_defaults defaults;
    defaults.chain = chain::near;
    return defaults;
}

session_defaults shielded()
{
    session_defaults defaults;
    defaults.privacy_level = privacy_level::shielded;
    return defaults;
}

void nothing(client_world&) {}

void with_live(client_world& world)
{
    world.live = world.get(live_session::start(*world.api, on_near()));
    ASSERT_TRUE(world.live);
}

void with_lost_live(client_world& world)
{
    with_live(world);
    ASSERT_TRUE(world.get(world.api->delete_session(world.live->id())));
}

void with_scope(client_world& world)
{
    world.scope = world.get(session_scope::open(*world.api, on_near()));
    ASSERT_TRUE(world.scope);
}

/// A call that never gets a response, and ends for lack of time.
void with_call_under_way(client_world& world)
{
    world.service.script = {silence()};
    call_options options;
    options.total_timeout = 3s;
    asio::co_spawn(world.context, world.api->get_session(scripted_session_id(), options),
                   [](const std::exception_ptr&, const session&) {});
    world.run();
}

asio::awaitable<int> two_requests(client api, session mine)
{
    call_options under;
    under.session = mine;
    co_await api.request(verb::post, "/v1/x", object{}, under);
    co_await api.request(verb::post, "/v1/x", object{}, under);
    co_return 2;
}

asio::awaitable<void> one_request(client api, session mine)
{
    call_options under;
    under.session = mine;
    co_await api.request(verb::get, "/v1/x", under);
}

started scope_with_result(client_world& w)
{
    auto body = [api = *w.api](session mine) { return two_requests(api, std::move(mine)); };
    return w.launch(with_session(*w.api, on_near(), 10min, body));
}

started scope_without_result(client_world& w)
{
    auto body = [api = *w.api](session mine) { return one_request(api, std::move(mine)); };
    return w.launch(with_session(*w.api, on_near(), 10min, body));
}

using value = boost::json::value;

const awaiting_function functions[] = {
    {"create_session", nothing, [](client_world& w) { return w.launch(w.api->create_session(on_near())); }},
    {"get_session", nothing, [](client_world& w) { return w.launch(w.api->get_session(scripted_session_id())); }},
    {"update_session", nothing,
     [](client_world& w) { return w.launch(w.api->update_session(scripted_session_id(), on_near())); }},
    {"delete_session", nothing, [](client_world& w) { return w.launch(w.api->delete_session(scripted_session_id())); }},
    {"request", nothing, [](client_world& w) { return w.launch(w.api->request(verb::post, "/v1/x", object{})); }},
    {"request_without_body", nothing, [](client_world& w) { return w.launch(w.api->request(verb::get, "/v1/x")); }},
    {"request_as", nothing, [](client_world& w) { return w.launch(request_as<value>(*w.api, verb::get, "/v1/x")); }},
    {"request_as_live", with_live,
     [](client_world& w) { return w.launch(request_as<value>(*w.live, verb::post, "/v1/x", object{})); }},
    {"prewarm", nothing, [](client_world& w) { return w.launch(w.api->prewarm(3)); }, false, false},
    {"shutdown", with_call_under_way, [](client_world& w) { return w.launch(w.api->shutdown(10s)); }, true},
    {"live_start", nothing, [](client_world& w) { return w.launch(live_session::start(*w.api, on_near())); }},
    {"live_request", with_live,
     [](client_world& w) { return w.launch(w.live->request(verb::post, "/v1/x", object{})); }},
    {"live_request_lost", with_lost_live,
     [](client_world& w) { return w.launch(w.live->request(verb::post, "/v1/x", object{})); }},
    {"live_request_without_body", with_lost_live,
     [](client_world& w) { return w.launch(w.live->request(verb::get, "/v1/x")); }},
    {"live_update", with_live, [](client_world& w) { return w.launch(w.live->update(on_near())); }},
    {"live_update_new_member", with_live, [](client_world& w) { return w.launch(w.live->update(shielded())); }},
    {"live_update_lost", with_lost_live, [](client_world& w) { return w.launch(w.live->update(shielded())); }},
    {"live_verify", with_live, [](client_world& w) { return w.launch(w.live->verify()); }},
    {"live_verify_lost", with_lost_live, [](client_world& w) { return w.launch(w.live->verify()); }},
    {"live_close", with_live, [](client_world& w) { return w.launch(w.live->close()); }},
    {"scope_open", nothing, [](client_world& w) { return w.launch(session_scope::open(*w.api, on_near())); }},
    {"scope_close", with_scope, [](client_world& w) { return w.launch(w.scope->close()); }},
    {"with_session", nothing, scope_with_result},
    {"with_session_void", nothing, scope_without_result},
};

class awaitable_sweep : public ::testing::TestWithParam<awaiting_function> {
protected:
    static void expect_usable(client_world& world)
    {
        world.calm();
        const started after = world.complete(world.launch(world.api->request(verb::get, "/v1/x")));
        ASSERT_EQ(after->completions, 1);
        const auto failure = after->failure();
        if (GetParam().closes_client) {
            EXPECT_TRUE(failure && failure->code() == errc::client_closed);
        } else {
            EXPECT_FALSE(failure) << failure->what();
        }
    }

    /// Cancels after so many handlers; false once it ended before.
    static bool cancel_after(int handlers, asio::cancellation_type kind)
    {
        client_world world;
        GetParam().prepare(world);
        GetParam().disturb(world);
        const started call = GetParam().start(world);
        for (int i = 0; i < handlers && call->completions == 0; ++i) {
            world.step();
        }
        const bool ended_before = call->completions != 0;
        world.cancel.emit(kind);
        if (kind == asio::cancellation_type::total) {
            world.complete(call);
        } else {
            world.run();
        }
        EXPECT_EQ(call->completions, 1);
        if (const auto failure = call->failure()) {
            EXPECT_EQ(failure->code(), asio::error::operation_aborted) << failure->what();
            EXPECT_EQ(failure->ended_because(), end_reason::cancelled) << failure->what();
            EXPECT_FALSE(ended_before);
        }
        expect_usable(world);
        return !ended_before;
    }
};

TEST_P(awaitable_sweep, cancelled_after_any_handler_it_gives_a_result_or_an_error)
{
    using type = asio::cancellation_type;
    for (const type kind : {type::terminal, type::partial, type::total}) {
        for (int k = 1;; ++k) {
            SCOPED_TRACE("type " + std::to_string(static_cast<unsigned>(kind)) + ", handler " + std::to_string(k));
            ASSERT_LT(k, 1000);
            if (!cancel_after(k, kind)) {
                EXPECT_GT(k, 1) << "the sweep was too short to mean anything";
                break;
            }
        }
    }
}

enum class callback { key, async_key, should_retry, delay, observer };
enum class exception_kind { standard, number, error };

/// Throws when it is called for the n-th time after it was armed.
struct thrower {
    exception_kind kind = exception_kind::standard;
    int at = 0;
    int calls = 0;

    [[nodiscard]] bool has_thrown() const { return at != 0 && calls >= at; }
    void operator()()
    {
        if (at == 0 || ++calls != at) {
            return;
        }
        switch (kind) {
        case exception_kind::standard: throw std::runtime_error{"thrown by a callback"};
        case exception_kind::number: throw 42; // NOLINT(hicpp-exception-baseclass): users may
        case exception_kind::error: throw error{errc::deadline_exceeded, "thrown by a callback"};
        }
    }
};

class throwing_observer final : public observer {
public:
    explicit throwing_observer(std::shared_ptr<thrower> when) : when_(std::move(when)) {}
    void on_connect(const connect_event&) override { (*when_)(); }
    void on_close(const close_event&) override { (*when_)(); }
    void on_attempt(const attempt_event&) override { (*when_)(); }
    void on_retry(const retry_event&) override { (*when_)(); }
    void on_rate_limit(const rate_limit_event&) override { (*when_)(); }

private:
    const std::shared_ptr<thrower> when_;
};

asio::awaitable<secret> give_key(std::shared_ptr<thrower> when)
{
    (*when)();
    co_return secret{"key"};
}

client_options options_with(callback which, const std::shared_ptr<thrower>& when)
{
    client_options options;
    switch (which) {
    case callback::key:
        options.api_key_provider = [when] {
            (*when)();
            return secret{"key"};
        };
        break;
    case callback::async_key: options.async_api_key_provider = [when] { return give_key(when); }; break;
    case callback::should_retry:
        options.retry.should_retry = [when](const retry_context&, bool suggested) {
            (*when)();
            return suggested;
        };
        break;
    case callback::delay:
        options.retry.delay = [when](const retry_context&, std::chrono::nanoseconds suggested) {
            (*when)();
            return suggested;
        };
        break;
    case callback::observer: options.observer = std::make_shared<throwing_observer>(when); break;
    }
    return options;
}

/// What was thrown is the cause, and nested in what is thrown.
void expect_cause(const ending& call, exception_kind kind)
{
    const auto is_it = [kind](const std::exception_ptr& thrown) {
        try {
            std::rethrow_exception(thrown);
        } catch (const error& failure) {
            return kind == exception_kind::error && failure.message() == "thrown by a callback";
        } catch (const std::runtime_error& failure) {
            return kind == exception_kind::standard && std::string{failure.what()} == "thrown by a callback";
        } catch (int number) {
            return kind == exception_kind::number && number == 42;
        }
    };
    try {
        std::rethrow_exception(call.thrown);
    } catch (const error& failure) {
        ASSERT_TRUE(failure.cause()) << failure.what();
        EXPECT_TRUE(is_it(failure.cause()));
        std::exception_ptr nested;
        try {
            std::rethrow_if_nested(failure);
        } catch (...) {
            nested = std::current_exception();
        }
        ASSERT_TRUE(nested) << failure.what();
        EXPECT_TRUE(is_it(nested));
    }
}

class throwing_sweep : public awaitable_sweep {
protected:
    /// Whether it was called so often.
    static bool throw_at(int call_number, callback which, exception_kind kind)
    {
        const auto when = std::make_shared<thrower>();
        when->kind = kind;
        client_world world{options_with(which, when)};
        GetParam().prepare(world);
        GetParam().disturb(world);
        when->at = call_number;
        const started call = world.complete(GetParam().start(world));
        EXPECT_EQ(call->completions, 1);
        const bool thrown = when->has_thrown();
        when->at = 0;
        if (const auto failure = call->failure()) {
            EXPECT_TRUE(thrown) << failure->what();
            EXPECT_NE(which, callback::observer) << failure->what();
            EXPECT_EQ(failure->code(), errc::callback_failed) << failure->what();
            expect_cause(*call, kind);
        }
        expect_usable(world);
        return thrown;
    }
};

TEST_P(throwing_sweep, whatever_a_callback_throws_at_any_call_it_gives_a_result_or_an_error)
{
    for (const auto which :
         {callback::key, callback::async_key, callback::should_retry, callback::delay, callback::observer}) {
        for (const auto kind : {exception_kind::standard, exception_kind::number, exception_kind::error}) {
            for (int n = 1;; ++n) {
                SCOPED_TRACE("callback " + std::to_string(static_cast<int>(which)) + ", exception " +
                             std::to_string(static_cast<int>(kind)) + ", call " + std::to_string(n));
                ASSERT_LT(n, 100);
                if (!throw_at(n, which, kind)) {
                    break;
                }
            }
        }
    }
}

const auto name_of = [](const auto& info) { return std::string{info.param.name}; };
INSTANTIATE_TEST_SUITE_P(functions, awaitable_sweep, ::testing::ValuesIn(functions), name_of);
INSTANTIATE_TEST_SUITE_P(functions, throwing_sweep, ::testing::ValuesIn(functions), name_of);

} // namespace
} // namespace sipher::test
