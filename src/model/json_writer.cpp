#include "model/json_writer.hpp"

#include "base/wipe.hpp"
#include "options/validation.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serializer.hpp>

#include <array>
#include <cmath>
#include <string_view>

namespace sipher::detail {

namespace {

namespace json = boost::json;

void require_finite(const json::value& in, const std::string& path)
{
    if (const double* const number = in.if_double(); number != nullptr && !std::isfinite(*number)) {
        throw_invalid(path, "must be a finite number: JSON has no others");
    }
    if (const json::array* const items = in.if_array()) {
        for (std::size_t i = 0; i < items->size(); ++i) {
            const json::value& item = (*items)[i];
            if (item.is_structured() || item.is_double()) {
                require_finite(item, path + "[" + std::to_string(i) + "]");
            }
        }
    } else if (const json::object* const members = in.if_object()) {
        for (const auto& [name, member] : *members) {
            if (member.is_structured() || member.is_double()) {
                require_finite(member, path + "." + std::string{std::string_view{name.data(), name.size()}});
            }
        }
    }
}

} // namespace

std::string write_json(const json::value& in)
{
    require_finite(in, "body");
    std::array<char, 4096> piece; // NOLINT(cppcoreguidelines-pro-type-member-init): only written to
    std::string text;
    json::serializer serializer;
    serializer.reset(&in);
    while (!serializer.done()) {
        const json::string_view written = serializer.read(piece.data(), piece.size());
        if (text.capacity() - text.size() < written.size()) {
            // A string that grows by itself does not wipe its old memory.
            std::string larger;
            larger.reserve(2 * (text.size() + written.size()));
            larger.assign(text);
            wipe(text);
            text = std::move(larger);
        }
        text.append(written.data(), written.size());
        wipe(piece.data(), written.size());
    }
    return text;
}

void wipe_viewing_keys(json::value& in) noexcept
{
    if (json::array* const items = in.if_array()) {
        for (json::value& item : *items) {
            wipe_viewing_keys(item);
        }
    } else if (json::object* const members = in.if_object()) {
        for (auto& [name, member] : *members) {
            json::string* const text = member.if_string();
            if (text != nullptr && name == "defaultViewingKey") {
                wipe(text->data(), text->size());
            } else {
                wipe_viewing_keys(member);
            }
        }
    }
}

} // namespace sipher::detail
