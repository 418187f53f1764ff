#pragma once

#include "support/scripted_service.hpp"

#include <sipher/testing/manual_clock.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sipher::test {

/// A minimal model of the service's session rules, on time that neither jumps nor is suspended, for sequences that the
/// sandbox cannot produce: it may add or omit defaults, make expired sessions, respond late and in any order, and be
/// behind a gateway with a wrong clock.
class model_service {
public:
    explicit model_service(std::shared_ptr<testing::manual_clock> clock) : clock_(std::move(clock)) {}

    /// Defaults added to each created session, and the member to omit.
    boost::json::object added;
    std::string left_out;
    bool born_dead = false;
    /// Offset of the field `Date` in all responses. Zero: no such field.
    std::chrono::hours date_offset{};
    /// Responses wait until `release`.
    bool holds = false;

    std::size_t created = 0;
    std::size_t requests = 0;
    /// The defaults that each request to another endpoint actually ran under, since the last check.
    std::vector<boost::json::object> ran_under;

    [[nodiscard]] bool knows(const std::string& id) const
    {
        const auto found = sessions_.find(id);
        return found != sessions_.end() && found->second.expires > now();
    }
    [[nodiscard]] std::size_t alive() const
    {
        std::size_t count = 0;
        for (const auto& [id, each] : sessions_) {
            count += each.expires > now() ? 1U : 0U;
        }
        return count;
    }
    void mark_gone(const std::string& id) { sessions_.erase(id); }
    void lose_all() { sessions_.clear(); }

    [[nodiscard]] scripted_service::reaction reaction()
    {
        return [this](scripted_peer& peer, const std::string& request) {
            std::string text = respond(request);
            if (holds) {
                held_.push_back({peer.shared_from_this(), std::move(text)});
            } else {
                peer.send(text);
            }
        };
    }
    /// Sends the held responses, the last one first.
    void release()
    {
        holds = false;
        for (; !held_.empty(); held_.pop_back()) {
            held_.back().first->send(held_.back().second);
        }
    }

private:
    struct stored {
        boost::json::object defaults;
        std::int64_t created = 0;
        std::int64_t expires = 0;
    };

    [[nodiscard]] std::int64_t now() const
    {
        return 1'795'464'000'000 +
               std::chrono::floor<std::chrono::milliseconds>(clock_->boot_now()).time_since_epoch().count();
    }

    std::string respond(const std::string& request)
    {
        ++requests;
        const std::string body = request.substr(request.find("\r\n\r\n") + 4);
        const boost::json::object members = body.empty() ? boost::json::object{} : boost::json::parse(body).as_object();
        constexpr std::string_view path = " /v1/sessions";
        const auto at = request.find(path);
        if (at == std::string::npos) {
            return use(request, members);
        }
        if (request.starts_with("POST")) {
            return create(members);
        }
        const std::string id = request.substr(at + path.size() + 1, 69);
        if (!knows(id)) {
            return text_of(404,
                           R"({"success":false,"error":{"code":"SESSION_NOT_FOUND","message":"no such session"}})");
        }
        if (request.starts_with("DELETE")) {
            sessions_.erase(id);
            return success({{"sessionId", id}, {"deleted", true}});
        }
        stored& found = sessions_[id];
        if (request.starts_with("PATCH")) {
            merge(found.defaults, members.at("defaults").as_object(), true);
        }
        boost::json::object data{
            {"sessionId", id}, {"defaults", found.defaults}, {"expiresAt", found.expires}, {"lastAccessedAt", now()}};
        if (request.starts_with("GET")) {
            data["createdAt"] = found.created;
        }
        return success(std::move(data));
    }

    std::string create(const boost::json::object& members)
    {
        const auto* const life = members.if_contains("ttlSeconds");
        const std::string digits = std::to_string(1'000'000 + created++);
        const std::string id = "sess_" + std::string(57, 'a') + digits;
        stored made{members.at("defaults").as_object(), now(), now()};
        made.expires += born_dead ? 0 : (life != nullptr ? life->to_number<std::int64_t>() : 3600) * 1000;
        made.defaults.erase(left_out);
        merge(made.defaults, added, false);
        boost::json::object data{
            {"sessionId", id}, {"defaults", made.defaults}, {"createdAt", made.created}, {"expiresAt", made.expires}};
        sessions_[id] = std::move(made);
        return success(std::move(data));
    }

    std::string use(const std::string& request, boost::json::object members)
    {
        constexpr std::string_view field = "X-Session-Id: ";
        if (const auto at = request.find(field); at != std::string::npos) {
            const std::string id = request.substr(at + field.size(), 69);
            if (knows(id)) {
                merge(members, sessions_[id].defaults, false);
            }
        }
        ran_under.push_back(std::move(members));
        return success({});
    }

    static void merge(boost::json::object& to, const boost::json::object& from, bool replace)
    {
        for (const auto& [name, value] : from) {
            if (replace || !to.contains(name)) {
                to[name] = value;
            }
        }
    }
    std::string success(boost::json::object data) const
    {
        const boost::json::object whole{{"success", true}, {"data", std::move(data)}};
        return text_of(200, boost::json::serialize(whole));
    }
    [[nodiscard]] std::string text_of(unsigned status, const std::string& body) const
    {
        std::string date;
        if (date_offset.count() != 0) {
            // About 2026-11-23, 20:00, shifted by the offset.
            const auto hour = 12 + (20 + date_offset.count()) % 12;
            date = "Date: Mon, 23 Nov 2026 " + std::to_string(hour) + ":00:00 GMT\r\n";
        }
        return "HTTP/1.1 " + std::to_string(status) + " x\r\n" + date +
               "Keep-Alive: timeout=5\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    const std::shared_ptr<testing::manual_clock> clock_;
    std::map<std::string, stored> sessions_;
    std::vector<std::pair<std::shared_ptr<scripted_peer>, std::string>> held_;
};

} // namespace sipher::test
