#include "http1/connection.hpp"
#include "require.hpp"
#include "support/exchange.hpp"
#include "support/scripted_stream.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/error.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// Whatever a server sends, an exchange completes once, holds no more than its limits, and calls a connection reusable
// only if it is. The first byte chooses the request's kind, the limits and the end of the stream, the second how many
// bytes arrive at a time (zero: all), and the rest arrives.

namespace {

namespace asio = boost::asio;
using namespace sipher;

/// In the first byte.
constexpr unsigned keeps_fields = 2U;

struct world {
    asio::io_context context;
    std::shared_ptr<testing::manual_clock> clock = std::make_shared<testing::manual_clock>();
    std::shared_ptr<detail::timer_queue> timers = detail::timer_queue::make(context.get_executor(), clock);

    void run()
    {
        context.restart();
        context.poll();
    }
};

limit_options limits_for(bool small)
{
    limit_options limits;
    if (small) {
        limits.header_size = 256;
        limits.header_fields = 4;
        limits.body_size = 16;
    }
    return limits;
}

boost::system::error_code end_for(unsigned choice)
{
    const std::array<boost::system::error_code, 4> ends{boost::system::error_code{}, asio::error::eof,
                                                        asio::ssl::error::stream_truncated,
                                                        asio::error::connection_reset};
    return ends.at(choice % ends.size());
}

void check(const detail::connection& used, const limit_options& limits, bool ends)
{
    const detail::exchange_result result = used.result();
    const detail::exchange_report& report = *result.report;
    const detail::response_head& head = *result.head;
    require(result.body.size() <= limits.body_size);
    require(head.fields.size() <= limits.header_fields);
    require(!report.code || !report.reusable);
    require(!report.reusable || (report.header_complete && report.fully_written && report.reached == phase::done));
    require(!report.header_complete || (head.status >= 200 && head.status <= 999));
    require(report.code || report.header_complete);
    require(!ends || !report.reusable || !report.code);
    require(!report.complete || (!report.code && report.header_complete));
}

/// What a caller sees of it.
struct outcome_seen {
    boost::system::error_code code;
    unsigned status = 0;
    bool reusable = false, complete = false;
    unsigned field_count = 0;
    std::string body, request_id, date, retry_after;

    bool operator==(const outcome_seen&) const = default;
};

outcome_seen seen_of(const detail::connection& used)
{
    const detail::exchange_result result = used.result();
    const detail::exchange_report& report = *result.report;
    const detail::response_head& head = *result.head;
    return {report.code,     head.status, report.reusable, report.complete, head.field_count, std::string{result.body},
            head.request_id, head.date,   head.retry_after};
}

outcome_seen exchange(world& around, std::uint8_t kind, std::uint8_t step, std::string_view bytes)
{
    const limit_options limits = limits_for((kind & 4U) != 0);
    const auto peer = std::make_shared<test::scripted_peer>(around.context.get_executor());
    const auto used = std::make_shared<detail::connection>(
        around.context.get_executor(), detail::make_plain_channel(peer->make_stream()), "peer",
        std::make_shared<detail::parser_pool>(limits), around.timers);
    used->open({});
    if (step != 0) {
        peer->deliver_at_most(step);
    }
    detail::request_view wanted;
    wanted.method = (kind & 1U) != 0 ? verb::head : verb::get;
    wanted.request_id = "id";
    detail::exchange_parameters how;
    how.keep_fields = (kind & keeps_fields) != 0;
    int completions = 0;
    test::run_exchange(*used, wanted, how, [&completions](const auto&) { ++completions; });
    peer->send(bytes);
    const boost::system::error_code end = end_for(kind >> 3U);
    if (end) {
        peer->end(end);
    }
    around.run();
    require(completions <= 1 && (completions == 1 || !end));
    if (completions == 1) {
        check(*used, limits, static_cast<bool>(end));
    }
    const outcome_seen seen = seen_of(*used);
    used->close(asio::error::operation_aborted, true);
    around.run();
    require(completions == 1);
    return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static world around;
    if (size >= 2) {
        const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
        // Where all fields are kept, the parser reads them all; else a part of them is read on the way to it.
        const auto other = static_cast<std::uint8_t>(data[0] ^ keeps_fields);
        require(exchange(around, data[0], data[1], bytes) == exchange(around, other, data[1], bytes));
    }
    return 0;
}
