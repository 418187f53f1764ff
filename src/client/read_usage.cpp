#include "base/http_date.hpp"
#include "call/call.hpp"
#include "client/client_handle.hpp"
#include "client/operations.hpp"
#include "client/with_outcome.hpp"
#include "model/decode_usage.hpp"

#include <sipher/client.hpp>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace sipher::detail {

namespace asio = boost::asio;

namespace {

constexpr operation usage_operation{"usage", operation_kind::read};

class usage_decoder final : public result_decoder {
public:
    [[nodiscard]] std::optional<decode_error> decode(boost::json::value& data) override
    {
        decoded<usage> decoded_usage = decode_usage(data, "data");
        if (!decoded_usage) {
            return decoded_usage.error();
        }
        result = *std::move(decoded_usage);
        return std::nullopt;
    }
    [[nodiscard]] bool may_hold_secret() const noexcept override { return false; }

    usage result;
};

request_message usage_request()
{
    request_message message;
    message.method = verb::get;
    message.target = "/v1/billing/usage";
    return message;
}

/// @param date Of the response: the service's own time determines when its day ends.
void learn(client_state& client, const usage& current, std::string_view date)
{
    const auto time = parse_http_date(date).value_or(client.timers->time().wall_now());
    const auto renewed_in = current.date + std::chrono::days{1} - time;
    if (renewed_in <= std::chrono::nanoseconds{}) {
        return; // The account is yesterday's.
    }
    for (const auto& [name, counted] : current.categories) {
        if (const auto category = quota_category_named(name)) {
            day_limits::account account;
            account.limit = counted.quota;
            account.remaining =
                current.total.quota == 0 ? counted.left() : std::min(counted.left(), current.total.left());
            account.renewed_in = renewed_in;
            client.day.learn(*category, account, client.now());
        }
    }
}

/// Reads the usage and starts the client's own counting from it.
asio::awaitable<usage> read_usage(std::shared_ptr<client_state> client, call_options options)
{
    require_client(client);
    response_info own_info;
    response_info* const info = options.info != nullptr ? options.info : &own_info;
    options.info = info;
    usage_decoder decoder;
    const call_request asked{client, usage_operation, usage_request(), decoder, keep_options(std::move(options))};
    co_await with_outcome(call::run(asked), usage_operation.name, outcome::not_sent);
    learn(*client, decoder.result, info->header("Date"));
    co_return std::move(decoder.result);
}

} // namespace

} // namespace sipher::detail

boost::asio::awaitable<sipher::usage> sipher::client::usage(call_options options) const
{
    return detail::read_usage(detail::state_of(handle_), std::move(options));
}
