#pragma once

#include <sipher/client_options.hpp>
#include <sipher/testing/sandbox.hpp>

#include <optional>

/// What an example talks to: the real service if `SIPHER_API_KEY` is set, else a sandbox within this process.
struct example_service {
    example_service()
    {
        if (options.api_key.empty()) {
            options = sandbox.emplace().options();
        }
    }

    sipher::client_options options = sipher::client_options::from_environment();
    /// Absent when the service is the real one.
    std::optional<sipher::testing::sandbox> sandbox;
};
