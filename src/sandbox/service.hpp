// The Sessions service without a network: turns a request into a response, according to its state.
#pragma once

#include "sandbox/message.hpp"
#include "sandbox/quota_counter.hpp"
#include "sandbox/rate_limiter.hpp"
#include "sandbox/request_path.hpp"
#include "sandbox/session_store.hpp"

#include <sipher/testing/sandbox.hpp>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace sipher::testing::detail {

/// The service's handling of one request.
struct handler_result {
    response made;
    /// The counter of what the request changed or read; null if it did nothing.
    std::uint64_t sandbox_counters::*effect = nullptr;
    /// The defaults that a request with a session actually ran under.
    std::optional<boost::json::object> ran_under{};
};

/// Not thread-safe.
class service {
public:
    explicit service(const sandbox_options& options);

    [[nodiscard]] handler_result handle(const request& received);

    /// Simulates the restart of a service that keeps everything in memory.
    void restart();
    void set_shutting_down(bool on) noexcept { shutting_down_ = on; }
    bool lose_session(std::string_view id) { return sessions_.remove(id); }
    [[nodiscard]] clock& time() const noexcept { return *clock_; }
    [[nodiscard]] std::vector<stored_session> sessions() const { return sessions_.alive(clock_->wall_now()); }

private:
    using optional_body = std::optional<boost::json::value>;

    handler_result handle_within_limit(const request& received, const request_path& path);
    handler_result handle_with_key(const request& received, const request_path& path);
    handler_result serve(const request& received, const request_path& path, const sandbox_key& key,
                         optional_body& body);
    const sandbox_key& authenticate(const request& received) const;

    handler_result health() const;
    handler_result create(const sandbox_key& key, const optional_body& body);
    handler_result get(std::string_view id, const sandbox_key& key);
    handler_result update(std::string_view id, const sandbox_key& key, const optional_body& body);
    handler_result remove(std::string_view id, const sandbox_key& key);
    stored_session& find_session(std::string_view id, const sandbox_key& key);
    void apply_session(const request& received, const sandbox_key& key, optional_body& body);

    const std::shared_ptr<clock> clock_;
    const std::vector<sandbox_key> keys_;
    rate_limiter limiter_;
    quota_counter quota_;
    session_store sessions_;
    bool shutting_down_ = false;
};

/// The keys of a sandbox without configured keys.
[[nodiscard]] std::vector<sandbox_key> default_keys();

} // namespace sipher::testing::detail
