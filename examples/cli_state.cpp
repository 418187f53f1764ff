// The file of the sessions that this program created.

#include "cli_state.hpp"

#include "cli_error.hpp"
#include "cli_locked_file.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

namespace {

std::string to_line(const known_session& session)
{
    return session.id.to_string() + " " + std::to_string(session.expires_at.time_since_epoch().count()) + "\n";
}

std::optional<known_session> parse_line(std::string_view line)
{
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto id = sipher::session_id::parse(line.substr(0, space));
    const std::string_view end = line.substr(std::min(space + 1, line.size()));
    std::int64_t milliseconds = 0;
    const auto [rest, problem] = std::from_chars(end.data(), end.data() + end.size(), milliseconds);
    if (!id || problem != std::errc{} || rest != end.data() + end.size()) {
        return std::nullopt;
    }
    return known_session{*id, sipher::timestamp{std::chrono::milliseconds{milliseconds}}};
}

/// A file with any other content is not ours, and is left unchanged.
std::vector<known_session> parse(locked_file& file)
{
    const std::string all = file.read_all();
    std::string_view text = all;
    std::vector<known_session> sessions;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const auto session = end == std::string_view::npos ? std::nullopt : parse_line(text.substr(0, end));
        if (!session) {
            file.fail("line " + std::to_string(sessions.size() + 1) +
                      " must be a session id, a space, milliseconds since 1970 and a line break");
        }
        sessions.push_back(*session);
        text.remove_prefix(end + 1);
    }
    return sessions;
}

/// Removes expired sessions, and those that are gone.
std::vector<known_session> keep_all_but(const std::string& path, const std::vector<sipher::session_id>& gone)
{
    locked_file file{path};
    std::vector<known_session> sessions = parse(file);
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const std::size_t dropped = std::erase_if(sessions, [&gone, now](const known_session& each) {
        return each.expires_at <= now || std::find(gone.begin(), gone.end(), each.id) != gone.end();
    });
    if (dropped != 0) {
        std::string text;
        for (const known_session& each : sessions) {
            text += to_line(each);
        }
        file.replace(text);
    }
    return sessions;
}

} // namespace

state_file state_file::from_environment()
{
    state_file made;
    const char* const path = std::getenv("SIPHER_STATE_FILE");
    made.path_ = path == nullptr ? "" : path;
    const std::vector<known_session> checked = made.sessions();
    return made;
}

std::vector<known_session> state_file::sessions() const
{
    return is_on() ? keep_all_but(path_, {}) : std::vector<known_session>{};
}

void state_file::add(const sipher::session& made) const
{
    if (!is_on()) {
        return;
    }
    try {
        locked_file{path_}.append(to_line({made.id, made.expires_at}));
    } catch (const sipher::error& problem) {
        complain("`list` will not show the new session: " + problem.message());
    }
}

void state_file::remove(const std::vector<sipher::session_id>& gone) const
{
    if (!is_on() || gone.empty()) {
        return;
    }
    try {
        keep_all_but(path_, gone);
    } catch (const sipher::error& problem) {
        complain("`list` will still show the deleted sessions: " + problem.message());
    }
}
