// The header fields of a client's requests that do not depend on the operation.
#pragma once

#include "options/base_url.hpp"

#include <sipher/call_options.hpp>
#include <sipher/client_options.hpp>
#include <sipher/secret.hpp>

#include <span>
#include <string_view>

namespace sipher::detail {

using header_span = std::span<const header_list::value_type>;

/// Whether one of them has this name, whatever its case.
[[nodiscard]] bool contains(header_span headers, std::string_view name);

/// Most requests of a client have the same fields, which are put together once.
class request_fields {
public:
    /// Both must outlive this.
    request_fields(const client_options& options, const base_url& url);

    /// The fields of one request, serialized.
    /// @param added Of this attempt; they replace those of the call.
    /// @param key Of this attempt; empty: none.
    /// @param own Where they are kept if they are its own.
    [[nodiscard]] std::string_view of(const call_options& call, header_span added, const secret& key,
                                      secret& own) const;

private:
    [[nodiscard]] secret serialize(header_span headers, header_span added, const secret& key) const;

    const client_options& options_;
    const base_url& url_;
    /// Of the requests that have none of their own. Empty if a provider gives the key, which is in here.
    secret usual_;
};

} // namespace sipher::detail
