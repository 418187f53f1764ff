#pragma once

#include <sipher/client_options.hpp>
#include <sipher/testing/sandbox.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace sipher::test {

/// What lies between the agents and the service, and breaks.
class campaign_route {
public:
    campaign_route() = default;
    campaign_route(const campaign_route&) = delete;
    campaign_route& operator=(const campaign_route&) = delete;
    virtual ~campaign_route() = default;

    /// Where a client finds it, and whom it has to trust.
    [[nodiscard]] virtual client_options reach() const = 0;
    /// How long it is left alone.
    [[nodiscard]] virtual std::chrono::milliseconds calm() const = 0;
    /// Called after each such time: something on the way is restarted, or comes back.
    virtual void disturb() = 0;
    /// No more faults; every connection ends.
    virtual void end() = 0;
};

/// A proxy that breaks connections at random bytes, and a service that is restarted.
[[nodiscard]] std::unique_ptr<campaign_route> make_direct_route(testing::sandbox& service, std::uint64_t seed);

/// An nginx with such a proxy on both of its sides. It is restarted, killed and reloaded in turn with the service, and
/// responds to some requests by itself; so does somebody behind it, after the service has acted.
[[nodiscard]] std::unique_ptr<campaign_route> make_nginx_route(testing::sandbox& service, std::uint64_t seed);

} // namespace sipher::test
