#include "sandbox/temporary_file.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

temporary_file::temporary_file(std::string_view name_start, std::string_view name_end, std::string_view content)
    : path_((std::filesystem::temp_directory_path() / name_start).string().append("XXXXXX").append(name_end))
{
    const int file = mkostemps(path_.data(), static_cast<int>(name_end.size()), O_CLOEXEC);
    if (file < 0) {
        throw std::system_error{errno, std::generic_category(), path_};
    }
    errno = ENOSPC; // A short write does not say why.
    const bool written = write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    const int problem = errno;
    close(file);
    if (!written) {
        unlink(path_.c_str());
        throw std::system_error{problem, std::generic_category(), path_};
    }
}

temporary_file::~temporary_file()
{
    unlink(path_.c_str());
}
