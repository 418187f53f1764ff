#include "breaking_proxy.hpp"
#include "campaign_route.hpp"

#include "support/nginx_proxy.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace sipher::test {

namespace {

using testing::fault;

nginx_options make_options(std::uint16_t upstream)
{
    nginx_options options;
    options.upstream_port = upstream;
    options.http = "split_clients $request_id $mood { 1% missing; 1% forbidden; 1% welcome; 1% late; 1% busy; 1% down; "
                   "* ''; }";
    options.server = "proxy_connect_timeout 200ms; proxy_read_timeout 200ms; default_type text/html;";
    options.location = "if ($mood = missing) { return 404 '<html>default backend</html>'; }\n"
                       "if ($mood = forbidden) { return 403 '<html>not from here</html>'; }\n"
                       "if ($mood = welcome) { return 200 '<html>welcome</html>'; }\n"
                       "if ($mood = late) { return 408 '<html>too late</html>'; }\n"
                       "if ($mood = busy) { return 429 '<html>too many</html>'; }\n"
                       "if ($mood = down) { return 503; }\n";
    return options;
}

/// After the service has acted.
std::array<fault, 8> pages_behind_nginx()
{
    return {fault::foreign_page(404, "text/plain", "default backend - 404", true),
            fault::foreign_page(408, "application/json", R"({"message":"timeout"})", true),
            fault::foreign_page(429, "", "", true),
            fault::foreign_page(410, "text/html", "<html>gone</html>", true),
            fault::captive_portal(true),
            fault::edge_error(520, true),
            fault::challenge(true),
            fault::foreign_page(403, "application/json", R"({"success":false,"message":"no"})", true)};
}

class nginx_route final : public campaign_route {
public:
    nginx_route(testing::sandbox& service, std::uint64_t seed)
        : service_(service), back_(service.port(), seed), nginx_(make_options(back_.port())),
          front_(nginx_.port(), seed + 1)
    {
    }

    [[nodiscard]] client_options reach() const override
    {
        client_options options = service_.options();
        options.base_url = "https://localhost:" + std::to_string(front_.port());
        options.tls.ca_pem = nginx_.ca_pem();
        return options;
    }

    /// Short where nginx is down: nothing but failures happens then.
    [[nodiscard]] std::chrono::milliseconds calm() const override
    {
        return std::chrono::milliseconds{turn_ % 6 == 2 || turn_ % 6 == 4 ? 20 : 60};
    }

    void disturb() override
    {
        switch (turn_++ % 6) {
        case 0: restart_service(); break;
        case 1: nginx_.stop(); break;
        case 3: nginx_.kill(); break;
        case 5: nginx_.reload(); break;
        default: nginx_.start(); break;
        }
        for (const fault& each : pages_behind_nginx()) {
            service_.add_fault(each);
        }
    }

    void end() override
    {
        for (breaking_proxy* const each : {&front_, &back_}) {
            each->behave();
            each->break_all();
        }
        nginx_.stop();
    }

private:
    void restart_service()
    {
        service_.restart();
        back_.break_all();
    }

    testing::sandbox& service_;
    breaking_proxy back_;
    nginx_proxy nginx_;
    breaking_proxy front_;
    std::size_t turn_ = 0;
};

} // namespace

std::unique_ptr<campaign_route> make_nginx_route(testing::sandbox& service, std::uint64_t seed)
{
    return std::make_unique<nginx_route>(service, seed);
}

} // namespace sipher::test
