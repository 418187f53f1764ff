#include <sipher/observability/trace_observer.hpp>

#include <sipher/error.hpp>
#include <sipher/error_code.hpp>
#include <sipher/version.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sipher {

namespace {

namespace json = boost::json;

/// Values of OTLP's `SpanKind`.
enum class span_kind { internal = 1, client = 3 };

/// A value of OTLP's `StatusCode`.
constexpr int status_error = 2;

constexpr std::size_t trace_id_size = 32;
constexpr std::size_t span_id_size = 16;

/// A `traceparent` of version 00, or the same parts of a later version: `00-` trace `-` parent `-` flags.
struct trace_context {
    std::string trace_id;
    std::string parent_id;
    bool is_sampled = true;

    /// An invalid text belongs to no trace (W3C Trace Context, section 3.2.2).
    explicit trace_context(std::string_view text)
    {
        constexpr std::size_t parent_at = 3 + trace_id_size + 1;
        constexpr std::size_t flags_at = parent_at + span_id_size + 1;
        const auto is_hexadecimal = [](std::string_view part) {
            return part.find_first_not_of("0123456789abcdef") == std::string_view::npos;
        };
        if (text.size() < flags_at + 2 || text[2] != '-' || text[parent_at - 1] != '-' || text[flags_at - 1] != '-') {
            return;
        }
        const std::string_view trace = text.substr(3, trace_id_size);
        const std::string_view parent = text.substr(parent_at, span_id_size);
        const std::string_view flags = text.substr(flags_at, 2);
        const std::string_view rest = text.substr(flags_at + 2);
        unsigned bits = 0;
        std::from_chars(flags.data(), flags.data() + flags.size(), bits, 16);
        const bool is_nothing = trace.find_first_not_of('0') == std::string_view::npos ||
                                parent.find_first_not_of('0') == std::string_view::npos;
        // Later versions may add parts.
        const bool goes_on = !rest.empty() && (text.starts_with("00") || rest.front() != '-');
        if (text.starts_with("ff") || goes_on || is_nothing || !is_hexadecimal(text.substr(0, 2)) ||
            !is_hexadecimal(trace) || !is_hexadecimal(parent) || !is_hexadecimal(flags)) {
            return;
        }
        trace_id = trace;
        parent_id = parent;
        is_sampled = (bits & 1U) != 0;
    }
};

/// Attributes in OTLP's form. (64-bit numbers are strings in its JSON.)
class attributes {
public:
    void add(std::string_view key, std::string_view value) { add_value(key, "stringValue", value); }
    void add(std::string_view key, std::uint64_t value) { add_value(key, "intValue", std::to_string(value)); }
    [[nodiscard]] json::array take() && { return std::move(values_); }

private:
    void add_value(std::string_view key, std::string_view type, std::string_view value)
    {
        values_.push_back(json::object{{"key", key}, {"value", json::object{{type, value}}}});
    }

    json::array values_;
};

std::string nanoseconds_text(std::chrono::nanoseconds since_epoch)
{
    return std::to_string(since_epoch.count());
}

/// Host and port of `https://host:port/prefix` or of `host:port`.
void add_address(attributes& to, std::string_view host_key, std::string_view port_key, std::string_view url)
{
    unsigned port = url.starts_with("http://") ? 80 : 443;
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
        url.remove_prefix(scheme + 3);
    }
    url = url.substr(0, url.find('/'));
    if (const auto colon = url.rfind(':'); colon != std::string_view::npos && colon >= url.rfind(']') + 1) {
        std::from_chars(url.data() + colon + 1, url.data() + url.size(), port);
        url = url.substr(0, colon);
    }
    if (url.starts_with('[')) {
        url = url.substr(1, url.size() - 2);
    }
    to.add(host_key, url);
    to.add(port_key, port);
}

trace_options completed(trace_options options)
{
    if (!options.exporter) {
        throw error{errc::invalid_request, "exporter: must be given"};
    }
    if (!options.time) {
        options.time = system_clock();
    }
    return options;
}

std::mt19937_64 seeded()
{
    std::random_device source;
    std::array<std::random_device::result_type, 8> words{};
    std::ranges::generate(words, std::ref(source));
    std::seed_seq seed(words.begin(), words.end());
    return std::mt19937_64{seed};
}

/// Of low cardinality, as error types should be.
std::string error_type(boost::system::error_code code, unsigned status)
{
    return status >= 400 ? std::to_string(status) : code.message();
}

} // namespace

/// The spans of one call.
class trace_observer::traced_call final : public call_observer {
public:
    traced_call(trace_observer& owner, const call_event& event)
        : owner_(owner), operation_(event.operation), verb_(event.verb),
          url_(std::string{event.base_url} + std::string{event.target}), base_url_(event.base_url),
          context_(event.trace_parent), span_id_(owner.random_id(1)), began_(owner.options_.time->now()),
          began_at_(owner.options_.time->wall_now())
    {
        if (context_.trace_id.empty()) {
            context_.trace_id = owner.random_id(2);
        }
    }

    /// Abandoned without an end: destroyed with its execution context.
    ~traced_call() override
    {
        if (!ended_) {
            try {
                if (!attempt_id_.empty()) {
                    attributes about = describe_request();
                    about.add("error.type", "abandoned");
                    add_attempt(std::move(about));
                }
                finish("abandoned", "the call was destroyed", begun_);
            } catch (...) { // NOLINT(bugprone-empty-catch): exceptions from the exporter are swallowed
            }
        }
    }

    void on_attempt_begin(const attempt_begin_event&, header_list& headers) override
    {
        ++begun_;
        attempt_id_ = owner_.random_id(1);
        attempt_began_ = now();
        headers.emplace_back("traceparent",
                             "00-" + context_.trace_id + "-" + attempt_id_ + (context_.is_sampled ? "-01" : "-00"));
    }

    void on_attempt(const attempt_event& event) override
    {
        const attempt& made = *event.attempt;
        attributes about = describe_request();
        if (!made.address.empty()) {
            add_address(about, "network.peer.address", "network.peer.port", made.address);
        }
        if (event.number > 1) {
            about.add("http.request.resend_count", event.number - 1);
        }
        if (made.status != 0) {
            about.add("http.response.status_code", made.status);
        }
        about.add("sipher.request_id", made.request_id);
        if (made.code) {
            about.add("error.type", error_type(made.code, made.status));
        }
        json::object& span = add_attempt(std::move(about));
        if (made.code) {
            span["status"] = json::object{{"code", status_error}, {"message", made.code.message()}};
        }
    }

    void on_end(const call_end_event& event) override
    {
        ended_ = true;
        if (event.failure == nullptr) {
            finish({}, {}, event.attempts);
        } else {
            finish(error_type(event.failure->code(), event.failure->status()), event.failure->what(), event.attempts);
        }
    }

private:
    /// Civil time since 1970, with the precision and steadiness of the monotonic clock.
    [[nodiscard]] std::chrono::nanoseconds now() const
    {
        return began_at_.time_since_epoch() + (owner_.options_.time->now() - began_);
    }

    [[nodiscard]] attributes describe_request() const
    {
        attributes about;
        about.add("http.request.method", verb_);
        about.add("url.full", url_);
        add_address(about, "server.address", "server.port", base_url_);
        return about;
    }

    /// Adds the span of the attempt that has just ended.
    json::object& add_attempt(attributes about)
    {
        spans_.push_back(make_span(verb_, span_kind::client, attempt_id_, span_id_, attempt_began_, std::move(about)));
        attempt_id_.clear();
        return spans_.back().as_object();
    }

    [[nodiscard]] json::object make_span(std::string_view name, span_kind kind, std::string_view id,
                                         std::string_view parent, std::chrono::nanoseconds began,
                                         attributes about) const
    {
        json::object span{{"traceId", context_.trace_id}, {"spanId", id}};
        if (!parent.empty()) {
            span["parentSpanId"] = parent;
        }
        span["name"] = name;
        span["kind"] = static_cast<int>(kind);
        span["startTimeUnixNano"] = nanoseconds_text(began);
        span["endTimeUnixNano"] = nanoseconds_text(now());
        span["attributes"] = std::move(about).take();
        return span;
    }

    void finish(std::string_view type_of_error, std::string_view message, std::size_t attempts)
    {
        if (!context_.is_sampled) {
            return;
        }
        attributes about;
        about.add("sipher.attempts", attempts);
        if (!type_of_error.empty()) {
            about.add("error.type", type_of_error);
        }
        json::object span = make_span(operation_, span_kind::internal, span_id_, context_.parent_id,
                                      began_at_.time_since_epoch(), std::move(about));
        if (!type_of_error.empty()) {
            span["status"] = json::object{{"code", status_error}, {"message", message}};
        }
        spans_.insert(spans_.begin(), std::move(span));
        attributes resource;
        resource.add("service.name", owner_.options_.service_name);
        const json::object scope{{"name", "sipher"}, {"version", version()}};
        const json::array scopes{json::object{{"scope", scope}, {"spans", std::move(spans_)}}};
        const json::object of_resource{{"resource", json::object{{"attributes", std::move(resource).take()}}},
                                       {"scopeSpans", scopes}};
        owner_.options_.exporter(json::serialize(json::object{{"resourceSpans", json::array{of_resource}}}));
    }

    trace_observer& owner_;
    const std::string operation_;
    const std::string verb_;
    const std::string url_;
    const std::string base_url_;
    trace_context context_;
    const std::string span_id_;
    const clock::time_point began_;
    const clock::wall_time began_at_;
    bool ended_ = false;
    std::size_t begun_ = 0;
    /// The id of the current attempt; empty: none.
    std::string attempt_id_;
    std::chrono::nanoseconds attempt_began_{};
    json::array spans_;
};

trace_observer::trace_observer(trace_options options) : options_(completed(std::move(options))), generator_(seeded()) {}

trace_observer::~trace_observer() = default;

std::unique_ptr<call_observer> trace_observer::on_call(const call_event& event)
{
    return std::make_unique<traced_call>(*this, event);
}

std::string trace_observer::random_id(std::size_t words)
{
    std::string id;
    const std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < words; ++i) {
        std::uint64_t bits = options_.random ? options_.random() : generator_();
        for (unsigned digit = 0; digit < span_id_size; ++digit, bits >>= 4U) {
            id.push_back("0123456789abcdef"[bits & 15U]);
        }
    }
    return id;
}

} // namespace sipher
