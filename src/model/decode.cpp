#include "model/decode.hpp"

#include "model/defaults_list.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <utility>

namespace sipher::detail {

namespace {

namespace json = boost::json;

/// The end of year 9999, the last with four digits in ISO 8601.
constexpr std::int64_t latest_time = 253'402'300'799'999;

/// The location of a value: a chain on the stack, converted to text only for an error.
struct location {
    const location* parent;
    std::string_view name;
};

std::string path_of(const location& where)
{
    std::string path = where.parent != nullptr ? path_of(*where.parent) : std::string{};
    if (!path.empty() && !where.name.empty()) {
        path += '.';
    }
    return path.append(where.name);
}

decode_error failure_at(const location& where, std::string text)
{
    return {path_of(where), std::move(text)};
}

const char* kind_name(json::kind kind) noexcept
{
    switch (kind) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "boolean";
    case json::kind::int64:
    case json::kind::uint64: return "integer";
    case json::kind::double_: return "floating-point number";
    case json::kind::string: return "string";
    case json::kind::array: return "array";
    case json::kind::object: return "object";
    }
    return "";
}

decode_error wrong_type(const location& where, const char* expected, const json::value& in)
{
    return failure_at(where, std::string{"expected "} + expected + ", got " + kind_name(in.kind()));
}

decoded<std::string_view> read_text(const json::value& in, const location& where)
{
    if (const json::string* const text = in.if_string()) {
        return std::string_view{text->data(), text->size()};
    }
    return wrong_type(where, "string", in);
}

decoded<session_id> read_session_id(const json::value& in, const location& where)
{
    const auto text = read_text(in, where);
    if (!text) {
        return text.error();
    }
    const auto id = session_id::parse(*text);
    if (!id) {
        return failure_at(where, "expected `sess_` and 64 lower-case hexadecimal digits");
    }
    return *id;
}

decoded<timestamp> read_time(const json::value& in, const location& where)
{
    // Also as a number with a point or an exponent: a gateway may write numbers anew.
    boost::system::error_code not_whole;
    const auto count = in.to_number<std::int64_t>(not_whole);
    if (!in.is_number() || (in.is_double() && not_whole)) {
        return wrong_type(where, "integer", in);
    }
    if (not_whole || count < 0 || count > latest_time) {
        return failure_at(where, "out of range: expected milliseconds from 0 to " + std::to_string(latest_time));
    }
    return timestamp{std::chrono::milliseconds{count}};
}

/// Reads members of one object and keeps the first failure.
class member_reader {
public:
    member_reader(const json::value& in, const location& where) : members_(in.if_object()), where_(where)
    {
        if (members_ == nullptr) {
            failure_ = wrong_type(where, "object", in);
        }
    }

    /// A null object, or a missing or null member, gives no value.
    template <class Value, class Read>
    std::optional<Value> optional(std::string_view name, Read read)
    {
        const json::value* const member = find(name);
        if (member == nullptr || member->is_null()) {
            return std::nullopt;
        }
        return decode<Value>(*member, name, read);
    }

    template <class Value, class Read>
    std::optional<Value> required(std::string_view name, Read read)
    {
        const json::value* const member = find(name);
        if (member != nullptr) {
            return decode<Value>(*member, name, read);
        }
        if (!failure_) {
            failure_ = failure_at({&where_, name}, "required member is missing");
        }
        return std::nullopt;
    }

    void take(std::string_view name, std::optional<secret>& to)
    {
        if (const auto text = optional<std::string_view>(name, read_text)) {
            to = secret{*text};
        }
    }

    template <class Enumeration>
    void take(std::string_view name, std::optional<Enumeration>& to)
    {
        if (const auto text = optional<std::string_view>(name, read_text)) {
            to = Enumeration::from_name(*text);
        }
    }

    [[nodiscard]] std::optional<decode_error>& failure() noexcept { return failure_; }

private:
    const json::value* find(std::string_view name) const
    {
        return failure_ ? nullptr : members_->if_contains(json::string_view{name.data(), name.size()});
    }

    template <class Value, class Read>
    std::optional<Value> decode(const json::value& member, std::string_view name, Read read)
    {
        decoded<Value> value = read(member, location{&where_, name});
        if (value) {
            return *std::move(value);
        }
        failure_ = std::move(value).error();
        return std::nullopt;
    }

    const json::object* members_;
    const location& where_;
    std::optional<decode_error> failure_;
};

decoded<session_defaults> read_defaults(const json::value& in, const location& where)
{
    member_reader reader{in, where};
    session_defaults defaults;
    for_each_default([&reader](std::string_view name, auto& value) { reader.take(name, value); }, defaults);
    if (reader.failure()) {
        return *std::move(reader.failure());
    }
    return defaults;
}

decoded<bool> read_true(const json::value& in, const location& where)
{
    if (!in.is_bool()) {
        return wrong_type(where, "boolean", in);
    }
    if (!in.get_bool()) {
        return failure_at(where, "expected true, got false");
    }
    return true;
}

} // namespace

void throw_exception_from_error(const decode_error& failure, const boost::source_location&)
{
    throw error{errc::bad_payload, failure.to_string()};
}

decoded<std::string_view> decode_text(const json::value& in, std::string_view path)
{
    return read_text(in, {nullptr, path});
}

decoded<session_id> decode_session_id(const json::value& in, std::string_view path)
{
    return read_session_id(in, {nullptr, path});
}

decoded<session_defaults> decode_defaults(const json::value& in, std::string_view path)
{
    return read_defaults(in, {nullptr, path});
}

decoded<session> decode_session(const json::value& in, std::string_view path)
{
    const location where{nullptr, path};
    member_reader reader{in, where};
    const auto id = reader.required<session_id>("sessionId", read_session_id);
    auto defaults = reader.required<session_defaults>("defaults", read_defaults);
    const auto created_at = reader.optional<timestamp>("createdAt", read_time);
    const auto expires_at = reader.required<timestamp>("expiresAt", read_time);
    const auto last_accessed_at = reader.optional<timestamp>("lastAccessedAt", read_time);
    if (reader.failure()) {
        return *std::move(reader.failure());
    }
    session value{*id, *expires_at};
    value.defaults = *std::move(defaults);
    value.created_at = created_at;
    value.last_accessed_at = last_accessed_at;
    return value;
}

decoded<deleted_session> decode_deleted(const json::value& in, std::string_view path)
{
    const location where{nullptr, path};
    member_reader reader{in, where};
    const auto id = reader.required<session_id>("sessionId", read_session_id);
    static_cast<void>(reader.required<bool>("deleted", read_true));
    if (reader.failure()) {
        return *std::move(reader.failure());
    }
    return deleted_session{*id};
}

} // namespace sipher::detail
