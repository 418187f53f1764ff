// Response parsers for all connections to one server.
#pragma once

#include "http1/response_parser.hpp"

#include <sipher/client_options.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace sipher::detail {

/// An exchange has a parser from the first byte of its response until its result is no longer needed. Few
/// parsers are therefore in use at once, so that they and their memos stay in the CPU cache; a waiting or idle
/// connection has none.
///
/// Thread safety: all members may be called from any thread.
class parser_pool {
public:
    explicit parser_pool(const limit_options& limits);

    [[nodiscard]] std::unique_ptr<response_parser> take();
    /// Wipes the parser's content.
    void give_back(std::unique_ptr<response_parser> parser) noexcept;

private:
    const limit_options limits_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<response_parser>> idle_;
};

} // namespace sipher::detail
