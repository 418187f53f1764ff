#pragma once

#include <sipher/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

/// The file named by SIPHER_STATE_FILE, created if missing, and locked against other processes during this object's
/// lifetime. Only its owner can read it.
/// @throws sipher::error that names the file
class locked_file {
public:
    explicit locked_file(const std::string& path)
        : path_(path), descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, only_for_owner))
    {
        if (descriptor_ < 0) {
            fail_with_errno();
        }
        try {
            lock();
        } catch (...) {
            close(descriptor_);
            throw;
        }
    }
    locked_file(const locked_file&) = delete;
    locked_file& operator=(const locked_file&) = delete;
    ~locked_file() { close(descriptor_); }

    std::string read_all()
    {
        seek(0, SEEK_SET);
        std::string text;
        std::array<char, 4096> part{};
        for (ssize_t size = 0; (size = ::read(descriptor_, part.data(), part.size())) != 0;) {
            if (size < 0) {
                fail_with_errno();
            }
            text.append(part.data(), static_cast<std::size_t>(size));
        }
        return text;
    }

    void append(std::string_view text)
    {
        const off_t end = seek(0, SEEK_END);
        try {
            write(text);
        } catch (...) {
            // A partial line, as on a full disk, would corrupt the file.
            truncate(end);
            throw;
        }
    }

    /// Overwrites in place. All lines have the same length, so if this process dies before truncating, the new text is
    /// followed by complete old lines, never by partial ones.
    void replace(std::string_view text)
    {
        seek(0, SEEK_SET);
        write(text);
        truncate(static_cast<off_t>(text.size()));
    }

    [[noreturn]] void fail(const std::string& why) const
    {
        throw sipher::error{sipher::errc::invalid_request, "SIPHER_STATE_FILE: " + path_ + ": " + why};
    }

private:
    static constexpr mode_t only_for_owner = S_IRUSR | S_IWUSR;

    void lock()
    {
        struct stat status {};
        if (fstat(descriptor_, &status) != 0) {
            fail_with_errno();
        }
        if (!S_ISREG(status.st_mode)) {
            fail("must be a regular file");
        }
        while (flock(descriptor_, LOCK_EX) != 0) {
            if (errno != EINTR) {
                fail_with_errno();
            }
        }
    }

    off_t seek(off_t offset, int from)
    {
        const off_t place = lseek(descriptor_, offset, from);
        if (place < 0) {
            fail_with_errno();
        }
        return place;
    }

    void truncate(off_t size)
    {
        if (ftruncate(descriptor_, size) != 0) {
            fail_with_errno();
        }
    }

    /// With an id and a key, others could use the session; the file may have been created with another mode, by
    /// `touch`.
    void write(std::string_view text)
    {
        if (fchmod(descriptor_, only_for_owner) != 0) {
            fail_with_errno();
        }
        while (!text.empty()) {
            const ssize_t size = ::write(descriptor_, text.data(), text.size());
            if (size < 0) {
                fail_with_errno();
            }
            text.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    [[noreturn]] void fail_with_errno() const { fail(std::generic_category().message(errno)); }

    const std::string path_;
    const int descriptor_;
};
