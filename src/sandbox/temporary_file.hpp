// A file for another process to read while this program runs.
#pragma once

#include <string>
#include <string_view>

/// A file readable only by this user, with an unpredictable name; removed with this object.
class temporary_file {
public:
    /// @throws std::system_error
    temporary_file(std::string_view name_start, std::string_view name_end, std::string_view content);
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    ~temporary_file();

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};
