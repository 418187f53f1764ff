// What the status of a response proves that the service did not make.
#pragma once

namespace sipher::detail {

struct foreign_status {
    unsigned status = 0;
    /// By itself it proves that no request was processed behind whoever sent it.
    bool not_applied = false;
    /// Another try may succeed.
    bool transient = false;
    bool throttled = false;
};

/// The row of this status; one that is not in the table proves nothing and lasts.
[[nodiscard]] foreign_status read_foreign_status(unsigned status) noexcept;

} // namespace sipher::detail
