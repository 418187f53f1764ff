// What it takes to read each kind of response, from its text to the value.
#include "model/decode.hpp"
#include "model/json_reader.hpp"

#include <benchmark/benchmark.h>
#include <boost/json/monotonic_resource.hpp>

#include <array>
#include <string_view>

namespace json = boost::json;

namespace {

constexpr std::string_view session_text =
    R"({"success":true,"data":{"sessionId":"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf",)"
    R"("defaults":{"chain":"near","privacyLevel":"shielded","rpcProvider":"helius"},"createdAt":1795459632897,)"
    R"("expiresAt":1795463232897,"lastAccessedAt":1795459640011}})";
constexpr std::string_view defaults_text =
    R"({"success":true,"data":{"chain":"near","privacyLevel":"shielded","rpcProvider":"helius",)"
    R"("backend":"sip-native","defaultViewingKey":"0x0123456789abcdef0123456789abcdef"}})";
constexpr std::string_view deleted_text =
    R"({"success":true,"data":{"sessionId":"sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf",)"
    R"("deleted":true}})";
constexpr std::string_view error_text =
    R"({"success":false,"error":{"code":"VALIDATION_ERROR","message":"Invalid request data","details":[)"
    R"({"origin":"number","code":"too_small","minimum":60,"inclusive":true,"path":["ttlSeconds"],)"
    R"("message":"Too small: expected number to be >=60"}]}})";

/// As the client reads a response: what is parsed lives on the stack.
template <class Decode>
void read(benchmark::State& state, std::string_view text, Decode decode)
{
    for (auto _ : state) {
        std::array<unsigned char, 4096> memory;
        json::monotonic_resource resource{memory.data(), memory.size()};
        const sipher::detail::json_document document = sipher::detail::read_json(text, &resource);
        auto value = decode(document.value.at("data"), "data");
        benchmark::DoNotOptimize(value);
    }
}

void decode_session(benchmark::State& state)
{
    read(state, session_text, sipher::detail::decode_session);
}

void decode_defaults(benchmark::State& state)
{
    read(state, defaults_text, sipher::detail::decode_defaults);
}

void decode_deleted(benchmark::State& state)
{
    read(state, deleted_text, sipher::detail::decode_deleted);
}

void decode_error(benchmark::State& state)
{
    for (auto _ : state) {
        auto error = sipher::detail::decode_service_error(400, sipher::detail::read_json(error_text).value);
        benchmark::DoNotOptimize(error);
    }
}

} // namespace

BENCHMARK(decode_session);
BENCHMARK(decode_defaults);
BENCHMARK(decode_deleted);
BENCHMARK(decode_error);
