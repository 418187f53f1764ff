// What an observer of one call sees and adds, from the call's begin to its end.
#include "call/call_fixture.hpp"

#include <sipher/observability/tee_observer.hpp>
#include <sipher/observer.hpp>

#include <stdexcept>
#include <vector>

namespace sipher::test {
namespace {

using story = std::vector<std::string>;

class writing_call_observer final : public call_observer {
public:
    writing_call_observer(story& lines, header_list added) : lines_(lines), added_(std::move(added)) {}
    ~writing_call_observer() override { lines_.emplace_back("gone"); }

    void on_attempt_begin(const attempt_begin_event& event, header_list& headers) override
    {
        lines_.push_back("begin " + std::to_string(event.number) + " " + std::string{event.request_id});
        for (auto [name, value] : added_) {
            headers.emplace_back(name, value + std::to_string(event.number));
        }
    }
    void on_attempt(const attempt_event& event) override
    {
        lines_.push_back("attempt " + std::to_string(event.number) + " " + std::to_string(event.attempt->status));
    }
    void on_end(const call_end_event& event) override
    {
        lines_.push_back("end " + std::to_string(event.status) + " after " + std::to_string(event.attempts) + ": " +
                         (event.failure != nullptr ? event.failure->code().message() : "success"));
    }

private:
    story& lines_;
    const header_list added_;
};

class writing_observer final : public observer {
public:
    std::unique_ptr<call_observer> on_call(const call_event& event) override
    {
        lines.push_back(std::string{event.operation} + " " + std::string{event.verb} + " " +
                        std::string{event.request_id} + " in " + std::string{event.trace_parent});
        if (throws) {
            throw std::runtime_error{"no"};
        }
        return std::make_unique<writing_call_observer>(lines, added);
    }

    story lines;
    header_list added;
    bool throws = false;
};

class call_observer_test : public call_test {
protected:
    call_observer_test()
    {
        options.observer = seen;
        service->otherwise = response_session();
    }

    std::shared_ptr<started_call> start_named(operation what)
    {
        call_options call;
        call.request_id = "id";
        call.trace_parent = "caller";
        return start(what, std::move(call));
    }

    std::shared_ptr<writing_observer> seen = std::make_shared<writing_observer>();
};

TEST_F(call_observer_test, sees_each_attempt_and_the_end)
{
    service->script = {refuse(503, "SERVICE_UNAVAILABLE")};
    const auto call = start_named(operation::get);
    run();
    while (call->completions == 0) {
        advance(std::chrono::seconds{1});
    }
    EXPECT_TRUE(call->succeeded());
    EXPECT_EQ(seen->lines, (story{"get_session GET id in caller", "begin 1 id", "attempt 1 503", "begin 2 id-2",
                                  "attempt 2 200", "end 200 after 2: success", "gone"}));
}

TEST_F(call_observer_test, sees_how_a_call_fails)
{
    service->script = {refuse(404, "SESSION_NOT_FOUND")};
    const auto call = start_named(operation::get);
    run();
    ASSERT_TRUE(call->failure);
    EXPECT_EQ(seen->lines.at(3), "end 404 after 1: " + call->failure->code().message());
}

TEST_F(call_observer_test, each_attempt_has_headers_of_its_own)
{
    seen->added = {{"traceparent", "00-"}, {"Accept", "a/"}, {"Host", "evil"}, {"X-Bad", "a\r\nb"}, {"No Token", ""}};
    service->script = {refuse(503, "SERVICE_UNAVAILABLE")};
    options.default_headers = {{"Traceparent", "of-the-client"}};
    const auto call = start_named(operation::get);
    run();
    while (call->completions == 0) {
        advance(std::chrono::seconds{1});
    }
    EXPECT_TRUE(call->succeeded());
    ASSERT_EQ(service->requests.size(), 2U);
    for (const std::size_t number : {1U, 2U}) {
        const std::string& request = service->requests[number - 1];
        EXPECT_NE(request.find("\r\ntraceparent: 00-" + std::to_string(number) + "\r\n"), std::string::npos) << request;
        EXPECT_NE(request.find("\r\nAccept: a/"), std::string::npos) << request;
        for (const char* const left_out : {"of-the-client", "application/json", "evil", "X-Bad", "No Token"}) {
            EXPECT_EQ(request.find(left_out), std::string::npos) << request;
        }
    }
}

TEST_F(call_observer_test, of_several_headers_of_one_name_the_last_is_sent)
{
    seen->added = {{"traceparent", "a"}, {"Traceparent", "b"}};
    const auto call = start_named(operation::get);
    run();
    EXPECT_TRUE(call->succeeded());
    EXPECT_NE(service->requests.front().find("\r\nTraceparent: b1\r\n"), std::string::npos);
    EXPECT_EQ(service->requests.front().find("traceparent: a"), std::string::npos);
}

TEST_F(call_observer_test, one_that_throws_changes_nothing)
{
    seen->throws = true;
    const auto call = start_named(operation::get);
    run();
    EXPECT_TRUE(call->succeeded());
    EXPECT_EQ(seen->lines.size(), 1U);
}

TEST_F(call_observer_test, a_tee_passes_on_to_all_and_adds_what_all_add)
{
    const auto second = std::make_shared<writing_observer>();
    const auto third = std::make_shared<writing_observer>();
    second->throws = true;
    seen->added = {{"X-First", ""}};
    third->added = {{"X-Third", ""}};
    options.observer =
        std::make_shared<tee_observer>(std::vector<std::shared_ptr<observer>>{seen, second, nullptr, third});
    const auto call = start_named(operation::get);
    run();
    EXPECT_TRUE(call->succeeded());
    EXPECT_EQ(seen->lines, third->lines);
    EXPECT_NE(service->requests.front().find("X-First: 1\r\nX-Third: 1\r\n"), std::string::npos);
}

} // namespace
} // namespace sipher::test
