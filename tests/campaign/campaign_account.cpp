#include "campaign_account.hpp"

#include <cstdio>
#include <unordered_map>

namespace sipher::test {

namespace {

struct served {
    std::size_t arrived = 0;
    std::size_t applied = 0;
};

/// `op.7-2` is the second attempt of `op.7`.
std::string operation_of(const std::string& request_id)
{
    return request_id.substr(0, request_id.find('-'));
}

bool agrees(const caller_record& record, std::size_t arrived, std::size_t applied)
{
    if (!record.failure) {
        return record.already_absent || applied >= 1;
    }
    switch (record.failure->outcome()) {
    case outcome::not_sent: return arrived == 0;
    case outcome::not_applied: return applied == 0;
    case outcome::unknown: return true;
    case outcome::applied_result_lost: return applied >= 1;
    }
    return false;
}

} // namespace

void campaign_account::add(const std::vector<caller_record>& records, const std::vector<testing::ledger_entry>& ledger)
{
    std::unordered_map<std::string, served> done;
    for (const testing::ledger_entry& entry : ledger) {
        served& of_operation = done[operation_of(entry.request_id)];
        ++of_operation.arrived;
        of_operation.applied += entry.applied ? 1 : 0;
    }
    for (const caller_record& record : records) {
        const served& of_operation = done[record.request_id];
        check(record, of_operation.arrived, of_operation.applied);
    }
}

void campaign_account::find_survivors(const std::unordered_set<std::string>& deleted, const std::vector<session>& alive)
{
    for (const session& each : alive) {
        const std::string id = each.id.to_string();
        if (deleted.contains(id) && survivors.insert(id).second) {
            std::printf("%s lives, reported as deleted\n", id.c_str());
        }
    }
}

void campaign_account::check(const caller_record& record, std::size_t arrived, std::size_t applied)
{
    ++operations;
    if (!record.ended) {
        ++hangs;
        std::printf("%s hangs\n", record.request_id.c_str());
        return;
    }
    if (!record.other_failure.empty()) {
        ++strangers;
        std::printf("%s: %s\n", record.request_id.c_str(), record.other_failure.c_str());
        return;
    }
    add_outcome(record);
    if (record.kind == operation_kind::create && applied > 1) {
        ++duplicates;
    }
    if (!agrees(record, arrived, applied)) {
        ++lies;
        std::printf("%s: arrived %zu, applied %zu, reported: %s\n", record.request_id.c_str(), arrived, applied,
                    record.failure ? record.failure->what() : "success");
    }
}

void campaign_account::add_outcome(const caller_record& record)
{
    if (!record.failure) {
        ++succeeded;
        already_absent += record.already_absent ? 1 : 0;
        return;
    }
    switch (record.failure->outcome()) {
    case outcome::not_sent: ++not_sent; break;
    case outcome::not_applied: ++not_applied; break;
    case outcome::unknown: ++unknown; break;
    case outcome::applied_result_lost: ++result_lost; break;
    }
}

void campaign_account::print() const
{
    std::printf("%zu operations: %zu succeeded (%zu found nothing left to delete), %zu not sent, %zu not applied, "
                "%zu unknown, %zu applied with the result lost\n",
                operations, succeeded, already_absent, not_sent, not_applied, unknown, result_lost);
    std::printf(
        "%zu duplicate creates, %zu wrong outcomes, %zu deletes reported done of sessions that live, %zu hangs, "
        "%zu leaked connections, %zu other failures\n",
        duplicates, lies, survivors.size(), hangs, leaks, strangers);
}

} // namespace sipher::test
