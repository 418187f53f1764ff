#pragma once

#include <sipher/client_options.hpp>
#include <sipher/testing/sandbox.hpp>

#include <optional>

/// The service of an example: the real one if `SIPHER_API_KEY` is set, otherwise a sandbox in this process.
struct example_service {
    example_service()
    {
        if (options.api_key.empty()) {
            options = sandbox.emplace().options();
        }
    }

    sipher::client_options options = sipher::client_options::from_environment();
    /// Empty when the service is the real one.
    std::optional<sipher::testing::sandbox> sandbox;
};
