#include "client/operations.hpp"

#include "base/deadline.hpp"
#include "base/wiping_resource.hpp"
#include "call/call.hpp"
#include "client/client_handle.hpp"
#include "client/with_outcome.hpp"
#include "errors/error_report.hpp"
#include "model/decode.hpp"
#include "model/json_writer.hpp"
#include "session/shared_live_session.hpp"

#include <sipher/client.hpp>
#include <sipher/error.hpp>
#include <sipher/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sipher::detail {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::string_view sessions_path = "/v1/sessions";

/// A response about a session other than the requested one must not be accepted.
decode_error other_session()
{
    return {"data.sessionId", "is not the requested session"};
}

struct session_operation : operation {
    constexpr session_operation(const operation& what, verb by_method) : operation(what), method(by_method) {}

    verb method;
};

constexpr session_operation create_operation{{"create_session", operation_kind::create}, verb::post};
constexpr session_operation get_operation{{"get_session", operation_kind::read}, verb::get};
constexpr session_operation update_operation{{"update_session", operation_kind::update}, verb::patch};
constexpr session_operation delete_operation{{"delete_session", operation_kind::remove}, verb::delete_};

constexpr session_operation live_create_operation{{"create_session", operation_kind::create, true}, verb::post};
constexpr session_operation clean_up_operation{{"delete_session", operation_kind::remove, true, true}, verb::delete_};

constexpr auto no_body = [] { return std::string{}; };

request_message make_message(verb method, std::string target)
{
    request_message message;
    message.method = method;
    message.target = std::move(target);
    return message;
}

/// Decodes a response about one session, which must be the requested one, if any.
class session_decoder final : public result_decoder {
public:
    using value_type = session;

    /// `asked` must outlive it.
    explicit session_decoder(const std::optional<session_id>& asked) noexcept : asked_(asked) {}

    [[nodiscard]] std::optional<decode_error> decode(json::value& data) override
    {
        decoded<session> decoded_session = decode_session(data, "data");
        if (!decoded_session) {
            return decoded_session.error();
        }
        if (asked_ && *asked_ != decoded_session->id) {
            return other_session();
        }
        result_ = *std::move(decoded_session);
        return std::nullopt;
    }

    [[nodiscard]] bool may_hold_secret() const noexcept override
    {
        return !result_ || result_->defaults.default_viewing_key;
    }
    [[nodiscard]] std::optional<session_life> life() const override
    {
        const auto& stamp = result_->last_accessed_at ? result_->last_accessed_at : result_->created_at;
        return stamp ? std::optional{session_life{result_->id, result_->expires_at - *stamp}} : std::nullopt;
    }
    /// A reference, so that no copy takes up space in the caller's frame.
    [[nodiscard]] session&& take() && { return *std::move(result_); }

private:
    const std::optional<session_id>& asked_;
    std::optional<session> result_;
};

class deletion_decoder final : public result_decoder {
public:
    using value_type = deleted_session;

    explicit deletion_decoder(const std::optional<session_id>& asked) : result_(*asked) {}

    [[nodiscard]] std::optional<decode_error> decode(json::value& data) override
    {
        const decoded<deleted_session> deleted = decode_deleted(data, "data");
        if (!deleted) {
            return deleted.error();
        }
        return deleted->id == result_.id ? std::nullopt : std::optional{other_session()};
    }
    [[nodiscard]] bool may_hold_secret() const noexcept override { return false; }
    void accept_absence() noexcept override { result_.already_absent = true; }

    [[nodiscard]] const deleted_session& take() const { return result_; }

private:
    deleted_session result_;
};

class value_decoder final : public result_decoder {
public:
    explicit value_decoder(const response_converter& convert) : convert_(convert) {}

    [[nodiscard]] bool needs_envelope() const noexcept override { return false; }
    [[nodiscard]] std::optional<decode_error> decode(json::value& data) override
    {
        if (convert_) {
            const boost::system::error_code failure = convert_(data);
            return failure
                       ? std::optional{decode_error{"", "the response is not what was expected: " + failure.message()}}
                       : std::nullopt;
        }
        result = std::move(data);
        return std::nullopt;
    }

    json::value result;

private:
    const response_converter& convert_;
};

operation_kind kind_of(verb method)
{
    switch (method) {
    case verb::get:
    case verb::head: return operation_kind::read;
    case verb::put:
    case verb::delete_: return operation_kind::other_idempotent;
    case verb::post:
    case verb::patch: break;
    }
    return operation_kind::other_not_idempotent;
}

/// The text of a body with these defaults; intermediate values are wiped, because they may contain a viewing key.
std::string write_body(const session_defaults& defaults, std::chrono::seconds time_to_live)
{
    wiping_resource memory;
    json::object members(json::storage_ptr{&memory});
    members["defaults"] = json::value_from(defaults, members.storage());
    if (time_to_live.count() != 0) {
        members["ttlSeconds"] = time_to_live.count();
    }
    return write_json(json::value(std::move(members)));
}

/// The service treats a missing body as `{}` where a body is allowed, and so fills in a session's defaults there, too.
bool has_pinned_body(verb method, const call_options& options)
{
    const bool may_have_one = method == verb::post || method == verb::put || method == verb::patch;
    return may_have_one && options.session && options.session->pinned() &&
           *options.session->pinned() != session_defaults{};
}

/// Adds every default that the JSON object lacks, as the service does for a session that it knows:
/// an explicit member wins, even null, and anything but an object stays unchanged.
/// @return The names of the added members.
std::vector<std::string> pin_defaults(json::value& body, const session_defaults& defaults)
{
    std::vector<std::string> added;
    if (json::object* const object = body.if_object()) {
        wiping_resource memory;
        const json::value pinned = json::value_from(defaults, &memory);
        for (const auto& member : pinned.get_object()) {
            if (object->insert(member).second) {
                added.emplace_back(member.key());
            }
        }
    }
    return added;
}

std::string write_body(json::value body, const call_options& options, std::vector<std::string>& pinned)
{
    if (options.session && options.session->pinned()) {
        pinned = pin_defaults(body, *options.session->pinned());
    }
    std::string text = write_json(body);
    wipe_viewing_keys(body);
    return text;
}

/// For another try under the next session.
struct wiping_delete {
    void operator()(outgoing_request* kept) const noexcept
    {
        if (kept->body) {
            wipe_viewing_keys(*kept->body);
        }
        delete kept; // NOLINT(cppcoreguidelines-owning-memory): a deleter
    }
};
using kept_request = std::unique_ptr<outgoing_request, wiping_delete>;

/// Builds the call's request, and reports pinned members in the caller's `response_info`.
call_request make_request(std::shared_ptr<client_state> client, outgoing_request& wanted, value_decoder& decoder)
{
    call_options& options = wanted.options;
    response_info* const info = options.info;
    request_message message = make_message(wanted.method, std::move(wanted.target));
    std::vector<std::string> pinned;
    if (!wanted.body && has_pinned_body(wanted.method, options)) {
        wanted.body.emplace(json::object{});
    }
    if (wanted.body) {
        message.body = write_body(*std::move(wanted.body), options, pinned);
    }
    std::unique_ptr<const call_options> kept = keep_options(std::move(options));
    if (info != nullptr) {
        info->pinned_members = std::move(pinned);
    }
    return {std::move(client), {wanted.name, kind_of(wanted.method)}, std::move(message), decoder, std::move(kept)};
}

template <class Prepare>
request_message make_message(const session_operation& what, const std::optional<session_id>& subject,
                             const Prepare& prepare)
{
    request_message message = make_message(what.method, std::string{sessions_path});
    message.subject = subject;
    message.body = prepare();
    return message;
}

/// Performs an operation on sessions: `prepare` returns the body or throws for invalid arguments. Its arguments stay in
/// its frame, which is to be small; `what` is a constant.
template <class Decoder, class Prepare>
asio::awaitable<typename Decoder::value_type> perform(std::shared_ptr<client_state> client,
                                                      const session_operation& what, std::optional<session_id> subject,
                                                      std::unique_ptr<const call_options> options, Prepare prepare)
{
    require_client(client);
    Decoder decoder{subject};
    const call_request asked{std::move(client), what, make_message(what, subject, prepare), decoder,
                             std::move(options)};
    try {
        co_await call::run(asked);
    } catch (...) {
        // Not `with_outcome`, whose frame each call would need.
        rethrow_with_outcome(what.name, outcome::not_sent);
    }
    co_return std::move(decoder).take();
}

} // namespace

asio::awaitable<session> create_session(std::shared_ptr<client_state> client, session_defaults defaults,
                                        std::chrono::seconds time_to_live, call_options options, made_for by)
{
    auto prepare = [defaults = std::move(defaults), time_to_live] {
        validate_defaults(defaults);
        validate_time_to_live(time_to_live);
        return write_body(defaults, time_to_live);
    };
    return perform<session_decoder>(std::move(client), by == made_for::user ? create_operation : live_create_operation,
                                    std::nullopt, keep_options(std::move(options)), std::move(prepare));
}

asio::awaitable<session> get_session(std::shared_ptr<client_state> client, session_id id, call_options options)
{
    return perform<session_decoder>(std::move(client), get_operation, id, keep_options(std::move(options)), no_body);
}

asio::awaitable<session> update_session(std::shared_ptr<client_state> client, session_id id, session_defaults defaults,
                                        call_options options)
{
    auto prepare = [defaults = std::move(defaults)] {
        validate_defaults(defaults);
        return write_body(defaults, {});
    };
    return perform<session_decoder>(std::move(client), update_operation, id, keep_options(std::move(options)),
                                    std::move(prepare));
}

asio::awaitable<deleted_session> delete_session(std::shared_ptr<client_state> client, session_id id,
                                                call_options options, made_for by)
{
    return perform<deletion_decoder>(std::move(client), by == made_for::user ? delete_operation : clean_up_operation,
                                     id, keep_options(std::move(options)), no_body);
}

asio::awaitable<json::value> request(std::shared_ptr<client_state> client, outgoing_request wanted)
{
    call_options& options = wanted.options;
    if (options.info != nullptr) {
        *options.info = {};
    }
    require_client(client);
    validate_target(wanted.target);
    // Before the body is examined.
    validate_call_options(options);
    outcome so_far = outcome::not_sent;
    try {
        kept_request kept;
        std::optional<session_id> tried;
        if (options.session && options.session->live()) {
            options.deadline = latest_end_of(options, client->options.timeouts, client->now());
            kept.reset(new outgoing_request{wanted}); // NOLINT(cppcoreguidelines-owning-memory): its deleter wipes
        }
        for (;;) {
            if (kept) {
                co_await shared_live_session::resolve(options.session->live(), *options.session, *options.deadline);
            }
            value_decoder decoder{wanted.convert};
            const call_request asked = make_request(client, wanted, decoder);
            try {
                co_await call::run(asked);
                co_return std::move(decoder.result);
            } catch (const error& failure) {
                // The session may have ended while the request waited for its turn.
                so_far = std::max(so_far, failure.outcome());
                const bool has_ended = kept && failure.code() == errc::session_gone && so_far < outcome::unknown;
                if (!has_ended || tried == asked.options.session->id()) {
                    throw;
                }
                tried = asked.options.session->id();
            }
            wanted = *kept;
        }
    } catch (const error& failure) {
        if (failure.outcome() < so_far) {
            throw_error(reworded(failure, {}, so_far));
        }
        throw;
    } catch (...) {
        rethrow_with_outcome(wanted.name, so_far);
    }
}

asio::awaitable<json::value> request_under(const live_session& session, outgoing_request wanted)
{
    if (session.empty()) {
        return request(nullptr, std::move(wanted)); // refused where it is awaited
    }
    wanted.options.session = session;
    auto client = wanted.options.session->live()->owner()->state();
    return request(std::move(client), std::move(wanted));
}

} // namespace sipher::detail

namespace sipher {

namespace asio = boost::asio;

asio::awaitable<session> client::create_session(session_defaults defaults, std::chrono::seconds time_to_live,
                                                call_options options) const
{
    return detail::create_session(detail::state_of(handle_), std::move(defaults), time_to_live, std::move(options));
}

asio::awaitable<session> client::get_session(session_id id, call_options options) const
{
    return detail::get_session(detail::state_of(handle_), id, std::move(options));
}

asio::awaitable<session> client::update_session(session_id id, session_defaults defaults, call_options options) const
{
    return detail::update_session(detail::state_of(handle_), id, std::move(defaults), std::move(options));
}

asio::awaitable<deleted_session> client::delete_session(session_id id, call_options options) const
{
    return detail::delete_session(detail::state_of(handle_), id, std::move(options));
}

asio::awaitable<boost::json::value> client::request(verb method, std::string target, boost::json::value body,
                                                    call_options options) const
{
    return detail::request(detail::state_of(handle_), {method, std::move(target), std::move(body), std::move(options)});
}

asio::awaitable<boost::json::value> client::request(verb method, std::string target, call_options options) const
{
    return detail::request(detail::state_of(handle_), {method, std::move(target), std::nullopt, std::move(options)});
}

} // namespace sipher
