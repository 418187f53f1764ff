#include "campaign_load.hpp"

#include <exception>
#include <utility>

namespace sipher::test {

namespace asio = boost::asio;

namespace {

operation_kind choose(std::uint64_t bits, bool has_session)
{
    if (!has_session) {
        return operation_kind::create;
    }
    const std::uint64_t of_ten = bits % 10;
    if (of_ten < 1) {
        return operation_kind::create;
    }
    if (of_ten < 5) {
        return operation_kind::get;
    }
    return of_ten < 8 ? operation_kind::update : operation_kind::remove;
}

} // namespace

asio::awaitable<void> campaign_load::perform(sipher::client& client, caller_record& record,
                                             std::optional<session_id>& mine)
{
    call_options options;
    options.request_id = record.request_id;
    switch (record.kind) {
    case operation_kind::create: {
        const session made = co_await client.create_session({}, std::chrono::hours{1}, options);
        mine = made.id;
        break;
    }
    case operation_kind::get: co_await client.get_session(*mine, options); break;
    case operation_kind::update: {
        session_defaults defaults;
        defaults.chain = chain::near;
        co_await client.update_session(*mine, defaults, options);
        break;
    }
    case operation_kind::remove: {
        const session_id gone = *mine;
        mine.reset();
        const deleted_session result = co_await client.delete_session(gone, options);
        record.already_absent = result.already_absent;
        deleted.insert(gone.to_string());
        break;
    }
    }
}

asio::awaitable<void> campaign_load::run_agent(sipher::client client)
{
    std::optional<session_id> mine;
    while (taken < records.size()) {
        const std::size_t number = taken++;
        caller_record& record = records[number];
        std::mt19937_64 random{seed_ + number};
        record.kind = choose(random(), mine.has_value());
        record.request_id = "op." + std::to_string(number);
        try {
            co_await perform(client, record, mine);
        } catch (const error& failure) {
            record.failure = failure;
            if (failure.code() == condition::not_found) {
                mine.reset();
            }
        } catch (const std::exception& failure) {
            record.other_failure = failure.what();
        }
        record.ended = true;
    }
}

} // namespace sipher::test
