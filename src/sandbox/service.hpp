#pragma once

#include "sandbox/answers.hpp"
#include "sandbox/message.hpp"
#include "sandbox/quota_book.hpp"
#include "sandbox/rate_limiter.hpp"
#include "sandbox/session_store.hpp"

#include <sipher/testing/sandbox.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sipher::testing::detail {

/// What a request changed or read.
enum class effect { none, created, read, updated, deleted, other };

/// What the service made of one request.
struct handled {
    response answer;
    effect what = effect::none;
    /// The members that a request which uses a session really ran under.
    std::optional<boost::json::object> ran_under;
};

/// The Sessions service without a network: an answer for a request, by the state it holds. Not thread-safe.
class service {
public:
    explicit service(const sandbox_options& options);

    [[nodiscard]] handled handle(const request& received);

    /// What is left of a service that keeps everything in memory when it starts again.
    void restart();
    void set_shutting_down(bool on) noexcept { shutting_down_ = on; }
    bool lose_session(std::string_view id) { return sessions_.remove(id); }
    [[nodiscard]] std::vector<stored_session> sessions() const;

private:
    handled process(const request& received);
    [[nodiscard]] handled decline_while_shutting_down(const request& received) const;
    handled route(const request& received, std::string_view path);
    const sandbox_key& authenticate(const request& received) const;
    handled serve(const request& received, std::string_view path, const sandbox_key& key,
                  std::optional<boost::json::value>& body);

    handled health() const;
    handled serve_sessions(const request& received, std::string_view path, const sandbox_key& key,
                           const boost::json::value* body);
    handled create(const sandbox_key& key, const boost::json::value* body);
    handled get(std::string_view id, const sandbox_key& key);
    handled update(std::string_view id, const sandbox_key& key, const boost::json::value* body);
    handled remove(std::string_view id, const sandbox_key& key);
    stored_session& find_session(std::string_view id, const sandbox_key& key);

    void apply_session(const request& received, const sandbox_key& key, std::optional<boost::json::value>& body);
    handled generate(const boost::json::value* body) const;
    handled echo(const boost::json::value* body) const;

    const std::shared_ptr<clock> clock_;
    const std::vector<sandbox_key> keys_;
    rate_limiter limiter_;
    quota_book quota_;
    session_store sessions_;
    bool shutting_down_ = false;
};

/// The keys of a sandbox that was given none.
[[nodiscard]] std::vector<sandbox_key> default_keys();

} // namespace sipher::testing::detail
