#pragma once

#include <sipher/clock.hpp>
#include <sipher/config.hpp>
#include <sipher/observer.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>

namespace sipher {

struct SIPHER_API trace_options {
    trace_options() = default;

    /// The attribute `service.name` of the resource that the spans belong to.
    std::string service_name = "unknown_service";
    /// Receives the spans of a call when it has ended, as one line of OTLP JSON (`ExportTraceServiceRequest`), to write
    /// to a file that a collector reads or to post to its `/v1/traces`. Called on whichever thread does the work,
    /// possibly concurrently; should be quick. Exceptions are swallowed.
    std::function<void(std::string_view)> exporter;
    /// Clock for the times of spans. Null: real time.
    std::shared_ptr<clock> time;
    /// Source of 64 random bits for ids of traces and spans. Null: seeded by the system.
    std::function<std::uint64_t()> random;
};

/// Traces each call for OpenTelemetry: one span for the call, one below it for each attempt, with the attributes of the
/// semantic conventions for HTTP clients. Each attempt is sent with a `traceparent` (W3C Trace Context) of its own, so
/// that the service's spans belong to it.
///
/// A call belongs to the trace of `call_options::trace_parent`, or begins a new one. An unsampled parent is passed on,
/// and nothing is exported.
///
/// Thread safety: all members may be called from any thread.
class SIPHER_API trace_observer : public observer {
public:
    /// @throws sipher::error with `errc::invalid_request` if there is no exporter.
    explicit trace_observer(trace_options options);
    ~trace_observer() override;

    std::unique_ptr<call_observer> on_call(const call_event& event) override;

private:
    class traced_call;

    [[nodiscard]] std::string random_id(std::size_t words);

    const trace_options options_;
    std::mutex mutex_;
    std::mt19937_64 generator_;
};

static_assert(!std::is_aggregate_v<trace_options>);

} // namespace sipher
