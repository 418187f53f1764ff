#include "net/network_connector.hpp"

#include "net/network_connect.hpp"

#include <string>
#include <utility>

namespace sipher::detail {

namespace {

class network_connector final : public connector {
public:
    explicit network_connector(std::shared_ptr<const server_settings> settings) : settings_(std::move(settings)) {}

    std::shared_ptr<pending_connect> connect(std::function<void(connect_result)> done) override
    {
        auto made = std::make_shared<network_connect>(settings_, std::move(done));
        made->start();
        return made;
    }

    void abandon() noexcept override { settings_->names->abandon(); }

    [[nodiscard]] std::string server() const override
    {
        const std::string& host = settings_->url.host;
        return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
               std::to_string(settings_->url.port);
    }

private:
    const std::shared_ptr<const server_settings> settings_;
};

} // namespace

std::unique_ptr<connector> make_network_connector(std::shared_ptr<const server_settings> settings)
{
    return std::make_unique<network_connector>(std::move(settings));
}

} // namespace sipher::detail
