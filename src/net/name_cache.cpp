#include "net/name_cache.hpp"

#include <boost/asio/error.hpp>

#include <chrono>
#include <exception>
#include <new>
#include <utility>

namespace sipher::detail {

namespace {

using namespace std::chrono_literals;

constexpr auto least_time_to_keep = 2s;

std::chrono::seconds time_to_keep(const lookup_result& found)
{
    if (found.is_absent()) {
        return least_time_to_keep;
    }
    return found.failure ? 0s : 30s;
}

/// Merges the results of both families. A failure counts only if there is no address; a temporary failure then takes
/// precedence over the absence of an address.
void merge(lookup_result& known, const lookup_result& found)
{
    const bool in_front = !found.addresses.empty() && found.addresses.front().is_v6();
    known.addresses.insert(in_front ? known.addresses.begin() : known.addresses.end(), found.addresses.begin(),
                           found.addresses.end());
    if (!known.addresses.empty()) {
        known.failure = {};
    } else if (!known.failure || known.is_absent()) {
        known.failure = found.failure;
    }
}

} // namespace

std::shared_ptr<name_cache::listener> name_cache::resolve(const std::string& host, listener callback)
{
    auto waiting = std::make_shared<listener>(std::move(callback));
    bool must_ask = false;
    {
        const std::lock_guard lock{mutex_};
        entry& about = entries_[host];
        must_ask = about.missing == 0 && time_->now() >= about.valid_until;
        if (must_ask || about.missing != 0) {
            about.listeners.push_back(waiting);
        }
        if (must_ask) {
            about.missing = 2;
            about.known = {};
        } else if (about.missing == 0 || !about.known.addresses.empty()) {
            // With the mutex held, so that the next result does not overtake it.
            (*waiting)(about.known);
        }
    }
    if (must_ask) {
        ask(host, address_family::v6);
        ask(host, address_family::v4);
    }
    return waiting;
}

void name_cache::ask(const std::string& host, address_family family) noexcept
{
    try {
        source_->look_up(host, family, [weak = weak_from_this(), host](const lookup_result& found) {
            if (const auto self = weak.lock()) {
                self->on_lookup_done(host, found);
            }
        });
    } catch (const std::exception&) {
        // No thread or no memory was available.
        lookup_result none;
        none.failure = boost::asio::error::host_not_found_try_again;
        on_lookup_done(host, none);
    }
}

void name_cache::on_lookup_done(const std::string& host, const lookup_result& found) noexcept
{
    // With the mutex held: the listeners only pass the result on, and must not do so to a destroyed execution context.
    const std::lock_guard lock{mutex_};
    if (abandoned_) {
        return;
    }
    entry& about = entries_.find(host)->second;
    try {
        merge(about.known, found);
    } catch (const std::bad_alloc&) {
        about.known.failure = boost::asio::error::no_memory;
    }
    about.known.complete = --about.missing == 0;
    if (!about.known.complete && about.known.addresses.empty()) {
        return;
    }
    for (const auto& each : about.listeners) {
        notify(each, about.known);
    }
    if (about.known.complete) {
        about.listeners.clear();
        about.known_since = time_->now();
        about.valid_until = about.known_since + time_to_keep(about.known);
    }
}

void name_cache::notify(const std::weak_ptr<listener>& target, const lookup_result& known) noexcept
{
    try {
        if (const auto waiting = target.lock()) {
            (*waiting)(known);
        }
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch)
        // The waiting dial has a deadline.
    }
}

void name_cache::forget(const std::string& host)
{
    const std::lock_guard lock{mutex_};
    const auto found = entries_.find(host);
    if (found != entries_.end() && time_->now() >= found->second.known_since + least_time_to_keep) {
        found->second.valid_until = clock::time_point::min();
    }
}

void name_cache::abandon() noexcept
{
    const std::lock_guard lock{mutex_};
    abandoned_ = true;
}

} // namespace sipher::detail
