#pragma once

#include <sipher/client_options.hpp>
#include <sipher/json.hpp>
#include <sipher/observer.hpp>
#include <sipher/testing.hpp>

#include <boost/json/serialize.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <string>

/// Prints when the service's rate limit makes the client wait.
struct rate_limit_printer : sipher::observer {
    void on_rate_limit(const sipher::rate_limit_event& event) override
    {
        std::cout << "rate limit: wait " << std::chrono::ceil<std::chrono::seconds>(event.closed_for).count() << " s\n";
    }
};

/// A sandbox for which a minute passes in two seconds, and options of a client with the same clock.
struct accelerated_service {
    explicit accelerated_service(unsigned requests_a_minute)
    {
        rules.clock = std::make_shared<sipher::testing::accelerated_clock>(30);
        rules.rate_limit = requests_a_minute;
        sandbox = std::make_unique<sipher::testing::sandbox>(rules);
        options = sandbox->options();
        options.clock = rules.clock;
        options.timeouts.total = std::chrono::milliseconds{0};
        options.observer = std::make_shared<rate_limit_printer>();
    }

    /// Prints the number of requests of each kind, and the defaults that they actually ran under.
    void print_ledger(const sipher::session_defaults& intended) const
    {
        std::map<std::string, int> counts;
        int others = 0;
        for (const auto& entry : sandbox->ledger()) {
            const auto& under = entry.effective_defaults;
            const std::string ran = under ? " under " + boost::json::serialize(boost::json::value_from(*under)) : "";
            others += under && *under != intended ? 1 : 0;
            ++counts[std::to_string(entry.status) + " " + entry.method + ran];
        }
        std::cout << "\nThe service's ledger:\n";
        for (const auto& [what, count] : counts) {
            std::cout << count << " × " << what << "\n";
        }
        std::cout << others << " requests ran under other defaults than the intended ones\n";
    }

    sipher::testing::sandbox_options rules;
    std::unique_ptr<sipher::testing::sandbox> sandbox;
    sipher::client_options options;
};
