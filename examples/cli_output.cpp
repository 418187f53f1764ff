// Sessions as lines of JSON, or as a table.

#include "cli_output.hpp"

#include <sipher/json.hpp>

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <optional>
#include <sstream>
#include <string_view>

namespace json = boost::json;

namespace {

using table_row = std::vector<std::string>;

/// Text from the service must not control the terminal or misalign columns.
std::string printable(std::string_view text)
{
    std::string shown{text};
    std::replace_if(
        shown.begin(), shown.end(), [](char each) { return each <= ' ' || each > '~'; }, '?');
    return shown;
}

template <class Name>
std::string cell(const std::optional<Name>& value)
{
    return value ? printable(value->name()) : "-";
}

std::string cell(const std::optional<sipher::secret>& value)
{
    return value ? "[secret]" : "-";
}

std::string cell(const std::optional<sipher::timestamp>& value)
{
    return value ? to_text(*value) : "-";
}

table_row header(const sipher::session&)
{
    return {"SESSION", "CHAIN", "PRIVACY", "RPC", "BACKEND", "VIEWING-KEY", "CREATED", "EXPIRES", "ACCESSED"};
}

table_row row(const sipher::session& session)
{
    const sipher::session_defaults& defaults = session.defaults;
    return {session.id.to_string(),      cell(defaults.chain),        cell(defaults.privacy_level),
            cell(defaults.rpc_provider), cell(defaults.backend),      cell(defaults.default_viewing_key),
            cell(session.created_at),    to_text(session.expires_at), cell(session.last_accessed_at)};
}

table_row header(const sipher::deleted_session&)
{
    return {"SESSION", "DELETED"};
}

table_row row(const sipher::deleted_session& session)
{
    return {session.id.to_string(), "yes"};
}

table_row header(const known_session&)
{
    return {"SESSION", "EXPIRES"};
}

table_row row(const known_session& session)
{
    return {session.id.to_string(), to_text(session.expires_at)};
}

template <class T>
json::value to_json(const T& session)
{
    return json::value_from(session);
}

json::value to_json(const known_session& session)
{
    return sipher::json_object("sessionId", session.id, "expiresAt", session.expires_at.time_since_epoch().count());
}

void print_table(const std::vector<table_row>& rows)
{
    std::vector<std::size_t> widths(rows.front().size());
    for (const table_row& each : rows) {
        for (std::size_t i = 0; i < widths.size(); ++i) {
            widths[i] = std::max(widths[i], each[i].size());
        }
    }
    for (const table_row& each : rows) {
        for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
            std::cout << std::left << std::setw(static_cast<int>(widths[i])) << each[i] << "  ";
        }
        std::cout << each.back() << "\n";
    }
}

template <class T>
void print_all(const std::vector<T>& sessions, cli_output output)
{
    if (output == cli_output::table && !sessions.empty()) {
        std::vector<table_row> rows{header(sessions.front())};
        for (const T& each : sessions) {
            rows.push_back(row(each));
        }
        print_table(rows);
    } else {
        for (const T& each : sessions) {
            std::cout << json::serialize(to_json(each)) << "\n";
        }
    }
    std::cout << std::flush;
}

} // namespace

void print(const std::vector<sipher::session>& sessions, cli_output output)
{
    print_all(sessions, output);
}

void print(const std::vector<sipher::deleted_session>& sessions, cli_output output)
{
    print_all(sessions, output);
}

void print(const std::vector<known_session>& sessions, cli_output output)
{
    print_all(sessions, output);
}

std::string to_text(sipher::timestamp time)
{
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::ostringstream text;
    text << std::put_time(&parts, "%Y-%m-%dT%H:%M:%SZ");
    return text.str();
}
