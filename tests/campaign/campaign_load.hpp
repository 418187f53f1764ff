#pragma once

#include <sipher/sipher.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

namespace sipher::test {

enum class operation_kind { create, get, update, remove };

/// What was reported to a caller about one operation.
struct caller_record {
    operation_kind kind = operation_kind::create;
    std::string request_id;
    bool ended = false;
    /// Nothing: it succeeded.
    std::optional<error> failure;
    bool already_absent = false;
    /// It ended with something else than a `sipher::error`.
    std::string other_failure;
};

/// Operations shared out among agents, chosen by a seed.
class campaign_load {
public:
    campaign_load(std::size_t operations, std::uint64_t seed) : records(operations), seed_(seed) {}

    /// Takes operations until none is left.
    [[nodiscard]] boost::asio::awaitable<void> run_agent(sipher::client client);

    std::vector<caller_record> records;
    std::size_t taken = 0;
    /// Sessions whose delete was reported done.
    std::unordered_set<std::string> deleted;

private:
    [[nodiscard]] boost::asio::awaitable<void> perform(sipher::client& client, caller_record& record,
                                                       std::optional<session_id>& mine);

    const std::uint64_t seed_;
};

} // namespace sipher::test
