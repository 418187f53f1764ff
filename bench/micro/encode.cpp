// What it takes to write each model, from the value to its text.
#include "../peers/sample_defaults.hpp"

#include <sipher/json.hpp>
#include <sipher/session.hpp>

#include <benchmark/benchmark.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

#include <chrono>
#include <string>

namespace json = boost::json;

namespace {

const sipher::session_id id{"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf"};

template <class Model>
void write(benchmark::State& state, const Model& model)
{
    for (auto _ : state) {
        std::string text = json::serialize(json::value_from(model));
        benchmark::DoNotOptimize(text);
    }
}

void encode_session(benchmark::State& state)
{
    sipher::session session{id, sipher::timestamp{std::chrono::milliseconds{1795463232897}}};
    session.defaults = bench::sample_defaults();
    write(state, session);
}

void encode_defaults(benchmark::State& state)
{
    write(state, bench::sample_defaults());
}

void encode_deleted(benchmark::State& state)
{
    write(state, sipher::deleted_session{id});
}

} // namespace

BENCHMARK(encode_session);
BENCHMARK(encode_defaults);
BENCHMARK(encode_deleted);
