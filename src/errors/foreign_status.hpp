// What the status of an intermediary's response proves.
#pragma once

namespace sipher::detail {

struct foreign_status {
    unsigned status = 0;
    /// Proves by itself that no request was processed behind its sender.
    bool not_applied = false;
    /// A retry may succeed.
    bool transient = false;
    bool throttled = false;
};

/// The row of this status; a status not in the table proves nothing and is permanent.
[[nodiscard]] foreign_status read_foreign_status(unsigned status) noexcept;

} // namespace sipher::detail
