// How calls end when what they were given throws, asks for too much or leaves too little time, and what they leave.
#include "support/client_fixture.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sipher::test {
namespace {

using namespace std::chrono_literals;
using sipher::testing::fault;

class call_end : public client_test {
protected:
    call_end()
    {
        options.retry.base_delay = options.retry.throttled_base_delay = 0ms;
        options.retry.budget = 0;
    }

    sipher::client made_of(client_options wanted) { return sipher::client{context, std::move(wanted)}; }

    client_options without_key()
    {
        sandbox();
        client_options wanted = options;
        wanted.api_key = {};
        return wanted;
    }
};

using thrower = void (*)();

const std::vector<thrower>& throwers()
{
    static const std::vector<thrower> all{
        [] { throw std::runtime_error{"of mine"}; },
        [] { throw 7; },
        [] { throw std::bad_alloc{}; },
        [] { throw boost::system::system_error{boost::asio::error::operation_aborted}; },
        [] { throw error{}; },
        [] {
            throw error{make_error_code(errc::client_closed), "of another client"};
        }};
    return all;
}

void expect_callback_failed(const error& failure, outcome effect, const response_info& info, std::size_t attempts)
{
    EXPECT_EQ(failure.code(), errc::callback_failed) << failure.what();
    EXPECT_EQ(failure.outcome(), effect) << failure.what();
    EXPECT_EQ(failure.attempts().size(), attempts);
    EXPECT_EQ(info.attempts.size(), attempts);
    EXPECT_TRUE(failure.cause());
}

TEST_F(call_end, a_provider_that_throws_does_not_hide_what_was_done)
{
    for (const thrower fails : throwers()) {
        for (const bool waits : {false, true}) {
            for (const unsigned good : {0U, 1U}) {
                const session mine = create();
                auto asked = std::make_shared<unsigned>(0);
                auto give = [asked, good, fails, key = options.api_key] {
                    if ((*asked)++ == good) {
                        fails();
                    }
                    return key;
                };
                client_options wanted = without_key();
                if (waits) {
                    wanted.async_api_key_provider = [give]() -> boost::asio::awaitable<secret> { co_return give(); };
                } else {
                    wanted.api_key_provider = give;
                }
                sipher::client throwing = made_of(wanted);
                sandbox().add_faults(good, fault::cut_response(0));
                response_info info;
                call_options with_info;
                with_info.info = &info;
                const error failure = failure_of(throwing.delete_session(mine.id, with_info));
                expect_callback_failed(failure, good == 0 ? outcome::not_sent : outcome::unknown, info, good);
            }
        }
    }
}

TEST_F(call_end, a_provider_that_throws_before_it_is_a_coroutine)
{
    client_options wanted = without_key();
    wanted.async_api_key_provider = []() -> boost::asio::awaitable<secret> { throw std::runtime_error{"of mine"}; };
    EXPECT_EQ(failure_of(made_of(wanted).create_session({})).code(), errc::callback_failed);
    wanted.async_api_key_provider = [] { return boost::asio::awaitable<secret>{}; };
    EXPECT_EQ(failure_of(made_of(wanted).create_session({})).outcome(), outcome::not_sent) << "none at all";
}

TEST_F(call_end, a_malformed_key_after_an_ambiguous_attempt_leaves_it_unknown)
{
    const session mine = create();
    auto asked = std::make_shared<unsigned>(0);
    client_options wanted = without_key();
    wanted.api_key_provider = [asked, key = options.api_key] { return (*asked)++ == 0 ? key : secret{"a\r\nb"}; };
    sandbox().add_fault(fault::cut_response(0));
    const error failure = failure_of(made_of(wanted).delete_session(mine.id));
    EXPECT_EQ(failure.code(), errc::invalid_request) << failure.what();
    EXPECT_EQ(failure.outcome(), outcome::unknown);
    EXPECT_EQ(std::string{failure.what()}.find("a\r\nb"), std::string::npos);
}

TEST_F(call_end, a_policy_that_throws_does_not_hide_what_was_done)
{
    for (const thrower fails : throwers()) {
        for (const bool decides : {false, true}) {
            client_options wanted = (sandbox(), options);
            if (decides) {
                wanted.retry.should_retry = [fails](const retry_context&, bool) { return fails(), true; };
            } else {
                wanted.retry.delay = [fails](const retry_context&, std::chrono::nanoseconds) { return fails(), 0ns; };
            }
            response_info info;
            call_options with_info;
            with_info.info = &info;
            const session mine = create();
            sandbox().add_fault(fault::act_but_respond(502, ""));
            const error failure = failure_of(made_of(wanted).update_session(mine.id, {}, with_info));
            expect_callback_failed(failure, outcome::unknown, info, 1);
            EXPECT_EQ(failure.status(), 502U);
        }
    }
}

TEST_F(call_end, a_long_retry_after_fails_at_once)
{
    for (const char* wait : {"86401", "4294967296", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
        options.timeouts.total = 0ms;
        reset_client();
        client();
        new_requests();
        sandbox().add_fault(fault::respond(
            503, R"({"success":false,"error":{"code":"SERVICE_UNAVAILABLE","message":"m"}})", {{"Retry-After", wait}}));
        const error failure = failure_of(client().create_session({}));
        EXPECT_GE(failure.retry_after().value_or(0ms), 86401s) << failure.what();
        EXPECT_EQ(new_requests(), 1U);
    }
}

TEST_F(call_end, a_seed_does_not_fix_request_ids)
{
    sandbox();
    options.jitter_seed = 7;
    std::vector<std::string> ids;
    for (int i = 0; i < 2; ++i) {
        response_info info;
        call_options with_info;
        with_info.info = &info;
        run(made_of(options).create_session({}, {}, with_info));
        ids.push_back(info.request_id);
    }
    EXPECT_NE(ids[0], ids[1]);
}

TEST_F(call_end, the_largest_budget_lasts)
{
    options.retry.budget = std::numeric_limits<unsigned>::max();
    const session mine = create();
    for (int i = 0; i < 3; ++i) {
        sandbox().add_fault(fault::respond(502, ""));
        EXPECT_NO_THROW(run(client().get_session(mine.id)));
    }
}

/// A peer that accepts a connection and says nothing.
class mute_peer {
public:
    explicit mute_peer(boost::asio::io_context& context)
        : context_(context), acceptor_(context, {boost::asio::ip::address_v4::loopback(), 0})
    {
    }
    [[nodiscard]] std::string url() const
    {
        return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }

    void wait_for_bytes()
    {
        acceptor_.async_accept(accepted_, [this](const boost::system::error_code&) {
            accepted_.async_wait(boost::asio::ip::tcp::socket::wait_read,
                                 [this](const boost::system::error_code&) { has_bytes_ = true; });
        });
        run_until(context_, [this] { return has_bytes_; });
    }

private:
    boost::asio::io_context& context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::ip::tcp::socket accepted_{context_};
    bool has_bytes_ = false;
};

TEST_F(call_end, a_total_timeout_tells_what_was_waited_for)
{
    sandbox();
    mute_peer mute{context};
    client_options wanted = options;
    wanted.base_url = mute.url();
    wanted.timeouts.total = 2s;
    sipher::client waiting = made_of(wanted);
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(context, waiting.create_session({}), [&](const std::exception_ptr& failure, const session&) {
        thrown = failure;
        done = true;
    });
    // It has come as far as it can when the peer has its first bytes.
    mute.wait_for_bytes();
    run_until(context, [&] {
        clock->advance(500ms);
        return done;
    });
    const std::optional<error> failure = error_of(thrown);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), condition::timeout) << failure->what();
    EXPECT_EQ(failure->outcome(), outcome::not_sent);
    const std::string_view text = failure->what();
    EXPECT_NE(text.find("TLS handshake"), std::string_view::npos) << text;
}

TEST_F(call_end, attempts_of_one_call_can_be_given_a_time_and_calls_a_common_end)
{
    const session mine = create();
    call_options brief;
    brief.attempt_timeout = 200ms;
    call_options common;
    common.deadline = clock->now() + 5s;
    for (const call_options& each : {brief, common}) {
        sandbox().add_faults(9, fault::silence());
        std::exception_ptr thrown;
        bool done = false;
        boost::asio::co_spawn(context, client().get_session(mine.id, each),
                              [&](const std::exception_ptr& failure, const session&) {
                                  thrown = failure;
                                  done = true;
                              });
        run_until(context, [&] {
            clock->advance(100ms);
            return done;
        });
        sandbox().clear_faults();
        const std::optional<error> failure = error_of(thrown);
        ASSERT_TRUE(failure);
        EXPECT_EQ(failure->code(), condition::timeout) << failure->what();
        EXPECT_EQ(failure->outcome(), outcome::unknown);
        EXPECT_EQ(failure->attempts().size(), each.attempt_timeout ? 3U : 1U) << failure->what();
    }
    EXPECT_EQ(failure_of(client().get_session(mine.id, common)).outcome(), outcome::not_sent) << "it has passed";
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/// How often a text stands in the writable memory of this process: heap, stacks and anonymous memory.
class memory_search {
public:
    /// @param text As its complement, so that the search does not find itself.
    explicit memory_search(std::string complement) : complement_(std::move(complement)) {}

    std::size_t count()
    {
        std::size_t found = 0;
        std::ifstream maps{"/proc/self/maps"};
        const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC); // NOLINT(cppcoreguidelines-pro-type-vararg)
        EXPECT_GE(memory, 0);
        for (std::string line; std::getline(maps, line);) {
            std::istringstream in{line};
            std::uintptr_t begin = 0;
            std::uintptr_t end = 0;
            char dash = 0;
            std::string rights;
            in >> std::hex >> begin >> dash >> end >> rights;
            if (rights.starts_with("rw")) {
                found += count_in(memory, begin, end);
            }
        }
        ::close(memory);
        return found;
    }

private:
    std::size_t count_in(int memory, std::uintptr_t at, std::uintptr_t end)
    {
        std::size_t found = 0;
        while (at < end) {
            const std::size_t wanted = std::min<std::size_t>(buffer_.size(), end - at);
            const ssize_t got = ::pread(memory, buffer_.data(), wanted, static_cast<off_t>(at));
            if (got <= 0) {
                break;
            }
            const auto* const last = buffer_.data() + got;
            const auto is_same = [](char left, char right) { return left == static_cast<char>(~right); };
            for (const char* place = buffer_.data();; ++place) {
                place = std::search(place, last, complement_.begin(), complement_.end(), is_same);
                if (place == last) {
                    break;
                }
                ++found;
            }
            at += static_cast<std::size_t>(got);
        }
        // What was looked at is not to be found in turn.
        std::fill(buffer_.begin(), buffer_.end(), '\0');
        return found;
    }

    std::string complement_;
    std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 20U);
};

std::string complement_of(std::string_view text)
{
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), [](char each) { return static_cast<char>(~each); });
    return result;
}

/// Hexadecimal digits that stand nowhere in the program.
std::string make_complement(unsigned seed)
{
    std::string text;
    for (int i = 0; i < 48; ++i) {
        seed = seed * 1'664'525U + 1'013'904'223U;
        text += "0123456789abcdef"[seed >> 28U];
    }
    // Its first letters are said in messages, and are no secret.
    return complement_of("0x" + text);
}

secret secret_of(const std::string& complement)
{
    std::string text = complement_of(complement);
    secret made{text};
    std::fill(text.begin(), text.end(), '\0');
    // The compiler is not to know that nobody reads this.
    volatile char* const bytes = text.data();
    bytes[0] = '\0';
    return made;
}

/// A sandbox in a process of its own, so that what it keeps is not in this one's memory.
class sandbox_process {
public:
    explicit sandbox_process(const std::string& key_complement)
    {
        std::array<int, 2> tell{};
        std::array<int, 2> stop{};
        if (::pipe(tell.data()) != 0 || ::pipe(stop.data()) != 0) {
            throw std::runtime_error{"no pipe"};
        }
        process_ = ::fork();
        if (process_ == 0) {
            ::close(stop[1]);
            serve(key_complement, tell[1], stop[0]);
        }
        ::close(tell[1]);
        ::close(stop[0]);
        stop_ = stop[1];
        std::array<char, 4096> part{};
        for (ssize_t got = 0; (got = ::read(tell[0], part.data(), part.size())) > 0;) {
            said_.append(part.data(), static_cast<std::size_t>(got));
        }
        ::close(tell[0]);
    }
    sandbox_process(const sandbox_process&) = delete;
    sandbox_process& operator=(const sandbox_process&) = delete;
    ~sandbox_process()
    {
        ::close(stop_);
        ::waitpid(process_, nullptr, 0);
    }

    [[nodiscard]] std::string base_url() const { return said_.substr(0, said_.find('\n')); }
    [[nodiscard]] std::string ca_pem() const { return said_.substr(said_.find('\n') + 1); }

private:
    [[noreturn]] static void serve(const std::string& key_complement, int tell, int stop)
    {
        sipher::testing::sandbox_options wanted;
        wanted.keys = {{complement_of(key_complement), sipher::testing::tier::pro}};
        const sipher::testing::sandbox service{wanted};
        const std::string text = service.base_url() + "\n" + service.ca_pem();
        const bool written = ::write(tell, text.data(), text.size()) == static_cast<ssize_t>(text.size());
        ::close(tell);
        char nothing = 0;
        const bool stopped = ::read(stop, &nothing, 1) == 0;
        ::_exit(written && stopped ? 0 : 1);
    }

    ::pid_t process_ = 0;
    int stop_ = 0;
    std::string said_;
};

/// What a program does that cares for its secrets: they are in `secret`s, of which none is left in the end.
void use_secrets(const sandbox_process& service, const std::string& api_key, const std::string& viewing_key)
{
    boost::asio::io_context own;
    client_options wanted;
    wanted.base_url = service.base_url();
    wanted.tls.ca_pem = service.ca_pem();
    wanted.api_key = secret_of(api_key);
    sipher::client used{own, wanted};
    boost::asio::co_spawn(
        own,
        [](sipher::client client, secret key) -> boost::asio::awaitable<void> {
            session_defaults defaults;
            defaults.default_viewing_key = std::move(key);
            session mine = co_await client.create_session(defaults);
            mine = co_await client.update_session(mine.id, defaults);
            mine = co_await client.get_session(mine.id);
            EXPECT_TRUE(mine.defaults.default_viewing_key);
            co_await client.delete_session(mine.id);
            std::optional<error> failure;
            try {
                co_await client.update_session(mine.id, defaults);
            } catch (const error& gone) {
                failure = gone;
            }
            EXPECT_TRUE(failure);
            co_await client.shutdown(1s);
        }(used, secret_of(viewing_key)),
        [](const std::exception_ptr& failure) { EXPECT_FALSE(failure); });
    own.run();
}

TEST(memory, keeps_no_secret_when_everything_is_destroyed)
{
    const std::string api_key = make_complement(1);
    const std::string viewing_key = make_complement(2);
    const sandbox_process service{api_key};
    memory_search keys{api_key};
    memory_search viewing_keys{viewing_key};
    {
        const secret kept = secret_of(viewing_key);
        ASSERT_EQ(viewing_keys.count(), 1U) << "the search finds what is there";
    }
    ASSERT_EQ(viewing_keys.count(), 0U);
    use_secrets(service, api_key, viewing_key);
    EXPECT_EQ(keys.count(), 0U);
    EXPECT_EQ(viewing_keys.count(), 0U);
}

#endif

} // namespace
} // namespace sipher::test
