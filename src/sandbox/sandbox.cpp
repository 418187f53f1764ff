#include <sipher/testing/sandbox.hpp>

#include "sandbox/certificates.hpp"
#include "sandbox/sandbox_state.hpp"
#include "sandbox/server.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/system/errc.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace sipher::testing {

namespace {

struct identity {
    std::string ca_pem;
    std::optional<detail::pem_pair> server;
};

identity make_identity(const sandbox_options& options)
{
    if (!options.tls) {
        return {};
    }
    if (options.certificate_pem.empty() != options.private_key_pem.empty()) {
        throw boost::system::system_error{make_error_code(boost::system::errc::invalid_argument),
                                          "certificate_pem and private_key_pem: one needs the other"};
    }
    if (!options.certificate_pem.empty()) {
        return {{}, detail::pem_pair{options.certificate_pem, options.private_key_pem}};
    }
    const detail::pem_pair authority = detail::make_authority();
    return {authority.certificate, detail::issue(authority, detail::certificate_spec{})};
}

/// The host of a URL that reaches `address`; the generated certificate is for `localhost`, 127.0.0.1 and ::1.
std::string host_for(const std::string& address)
{
    if (address == "localhost") {
        return address;
    }
    const auto parsed = boost::asio::ip::make_address(address);
    if (parsed.is_unspecified()) {
        return "localhost";
    }
    return parsed.is_v6() ? "[" + address + "]" : address;
}

std::string first_pro_key(const std::vector<sandbox_key>& keys)
{
    const auto found =
        std::find_if(keys.begin(), keys.end(), [](const sandbox_key& key) { return key.level == tier::pro; });
    return found != keys.end() ? found->text : keys.front().text;
}

} // namespace

class sandbox::implementation {
public:
    explicit implementation(const sandbox_options& options) : implementation(options, make_identity(options)) {}

    std::string ca_pem;
    std::string base_url;
    std::string api_key;
    detail::shared_state state;
    detail::server server;

private:
    implementation(const sandbox_options& options, identity keys)
        : ca_pem(std::move(keys.ca_pem)),
          api_key(first_pro_key(options.keys.empty() ? detail::default_keys() : options.keys)), state(options),
          server(options, keys.server, state)
    {
        base_url =
            (options.tls ? "https://" : "http://") + host_for(options.address) + ":" + std::to_string(server.port());
    }
};

sandbox::sandbox(sandbox_options options) : implementation_(std::make_unique<implementation>(options)) {}

sandbox::~sandbox() = default;

std::string sandbox::base_url() const
{
    return implementation_->base_url;
}

std::uint16_t sandbox::port() const
{
    return implementation_->server.port();
}

std::string sandbox::ca_pem() const
{
    return implementation_->ca_pem;
}

client_options sandbox::options() const
{
    client_options result;
    result.base_url = base_url();
    result.api_key = std::string_view{implementation_->api_key};
    result.tls.ca_pem = ca_pem();
    return result;
}

void sandbox::add_fault(fault next)
{
    implementation_->state.lock()->faults.push_back(std::move(next));
}

void sandbox::add_faults(std::size_t count, const fault& next)
{
    const auto state = implementation_->state.lock();
    state->faults.insert(state->faults.end(), count, next);
}

void sandbox::clear_faults()
{
    implementation_->state.lock()->faults.clear();
}

void sandbox::restart()
{
    implementation_->server.close_connections([this] { implementation_->state.lock()->restart(); });
}

bool sandbox::lose_session(const session_id& id)
{
    return implementation_->state.lock()->backend.lose_session(id.to_string());
}

void sandbox::close_idle_connections()
{
    implementation_->server.close_idle_connections();
}

void sandbox::set_shutting_down(bool on)
{
    implementation_->state.lock()->backend.set_shutting_down(on);
}

sandbox_counters sandbox::counters() const
{
    return implementation_->state.lock()->counters;
}

std::vector<ledger_entry> sandbox::ledger() const
{
    const auto state = implementation_->state.lock();
    std::vector<ledger_entry> result;
    for (const auto& entry : state->ledger) {
        result.push_back(*entry);
    }
    return result;
}

std::vector<session> sandbox::sessions() const
{
    return implementation_->state.lock()->sessions();
}

} // namespace sipher::testing
