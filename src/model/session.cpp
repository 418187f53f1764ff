#include <sipher/session.hpp>

#include <sipher/json.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <ostream>
#include <sstream>
#include <utility>

namespace sipher {

namespace json = boost::json;

namespace {

session_defaults without_key(session_defaults defaults)
{
    if (defaults.default_viewing_key) {
        defaults.default_viewing_key = secret{"[secret]"};
    }
    return defaults;
}

/// A full id is enough to use a session, so only its short form is printed.
std::string short_form(const session_id& id)
{
    std::ostringstream text;
    text << id;
    return std::move(text).str();
}

} // namespace

std::ostream& operator<<(std::ostream& os, const session_defaults& defaults)
{
    return os << json::serialize(json::value_from(without_key(defaults)));
}

std::ostream& operator<<(std::ostream& os, const session& value)
{
    session shown = value;
    shown.defaults = without_key(std::move(shown.defaults));
    json::value text = json::value_from(shown);
    text.as_object()["sessionId"] = short_form(value.id);
    return os << json::serialize(text);
}

std::ostream& operator<<(std::ostream& os, const deleted_session& value)
{
    json::value text = json::value_from(value);
    text.as_object()["sessionId"] = short_form(value.id);
    if (value.already_absent) {
        text.as_object()["alreadyAbsent"] = true;
    }
    return os << json::serialize(text);
}

} // namespace sipher
