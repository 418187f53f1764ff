// What it takes to decide: after an attempt, before the next one, and how long a service asks to wait.
#include "retry/backoff.hpp"
#include "retry/classify.hpp"
#include "retry/retry_after.hpp"

#include <sipher/error_code.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <string_view>

namespace {

using namespace std::chrono_literals;

void classify(benchmark::State& state, const sipher::detail::attempt_facts& facts)
{
    for (auto _ : state) {
        benchmark::DoNotOptimize(&facts);
        auto verdict = sipher::detail::classify(facts);
        benchmark::DoNotOptimize(verdict);
    }
}

void classify_success(benchmark::State& state)
{
    sipher::detail::attempt_facts facts;
    facts.fully_written = true;
    facts.status = 200;
    facts.from = sipher::detail::provenance::service;
    facts.success = facts.usable = true;
    classify(state, facts);
}

void classify_lost_connection(benchmark::State& state)
{
    sipher::detail::attempt_facts facts;
    facts.kind = sipher::detail::operation_kind::create;
    facts.code = sipher::errc::no_response;
    facts.any_written = true;
    facts.fully_written = true;
    classify(state, facts);
}

void next_delay(benchmark::State& state)
{
    const sipher::retry_options options;
    double random = 0;
    for (auto _ : state) {
        random = random < 0.9 ? random + 0.1 : 0;
        auto delay = sipher::detail::next_delay(options, 2, false, std::nullopt, random);
        benchmark::DoNotOptimize(delay);
    }
}

void parse_retry_after(benchmark::State& state, std::string_view value)
{
    const sipher::clock::wall_time wall{1795459632897ms};
    for (auto _ : state) {
        benchmark::DoNotOptimize(value);
        auto wait = sipher::detail::parse_retry_after(value, "Tue, 24 Nov 2026 07:27:00 GMT", wall);
        benchmark::DoNotOptimize(wait);
    }
}

void parse_retry_after_seconds(benchmark::State& state)
{
    parse_retry_after(state, "60");
}

void parse_retry_after_date(benchmark::State& state)
{
    parse_retry_after(state, "Tue, 24 Nov 2026 07:28:00 GMT");
}

} // namespace

BENCHMARK(classify_success);
BENCHMARK(classify_lost_connection);
BENCHMARK(next_delay);
BENCHMARK(parse_retry_after_seconds);
BENCHMARK(parse_retry_after_date);
