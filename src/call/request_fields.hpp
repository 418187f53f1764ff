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

/// Whether one of them has this name (case-insensitive).
[[nodiscard]] bool contains(header_span headers, std::string_view name);

/// Most requests of a client have the same fields, which are serialized once.
class request_fields {
public:
    /// Both must outlive this.
    request_fields(const client_options& options, const base_url& url);

    /// The fields of one request, serialized.
    /// @param added Fields of this attempt; they replace those of the call.
    /// @param key The key of this attempt; empty: none.
    /// @param own Storage for them if they differ from the usual ones.
    [[nodiscard]] std::string_view of(const call_options& call, header_span added, const secret& key,
                                      secret& own) const;

private:
    [[nodiscard]] secret serialize(header_span headers, header_span added, const secret& key) const;

    const client_options& options_;
    const base_url& url_;
    /// For requests without fields of their own. Contains the key; empty if a provider supplies it.
    secret usual_;
};

} // namespace sipher::detail
