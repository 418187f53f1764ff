#include "breaking_proxy.hpp"
#include "campaign_route.hpp"

#include <string>

namespace sipher::test {

namespace {

class direct_route final : public campaign_route {
public:
    direct_route(testing::sandbox& service, std::uint64_t seed) : service_(service), proxy_(service.port(), seed) {}

    [[nodiscard]] client_options reach() const override
    {
        client_options options = service_.options();
        options.base_url = "https://localhost:" + std::to_string(proxy_.port());
        return options;
    }

    [[nodiscard]] std::chrono::milliseconds calm() const override { return std::chrono::milliseconds{400}; }

    void disturb() override
    {
        service_.restart();
        proxy_.break_all();
    }

    void end() override
    {
        proxy_.behave();
        proxy_.break_all();
    }

private:
    testing::sandbox& service_;
    breaking_proxy proxy_;
};

} // namespace

std::unique_ptr<campaign_route> make_direct_route(testing::sandbox& service, std::uint64_t seed)
{
    return std::make_unique<direct_route>(service, seed);
}

} // namespace sipher::test
