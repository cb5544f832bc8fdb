// SPDX-License-Identifier: Apache-2.0

#include "bench/report/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace pma::bench {
namespace {

absl::Status Error(const std::string& path, std::string_view what) {
  return absl::UnavailableError(
      absl::StrCat(path, ": ", what, ": ", std::strerror(errno)));
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Creates `temporary` anew and writes it through to the disk.
absl::Status WriteTemporary(const std::string& temporary,
                            std::string_view contents) {
  // 0666 less the umask, as for any file that the user creates.
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return Error(temporary, "cannot create");
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const absl::Status error = Error(temporary, "cannot write");
      close(fd);
      return error;
    }
    contents.remove_prefix(written);
  }
  if (fsync(fd) != 0 && errno != EINVAL) {
    const absl::Status error = Error(temporary, "cannot write");
    close(fd);
    return error;
  }
  return close(fd) == 0 ? absl::OkStatus() : Error(temporary, "cannot write");
}

}  // namespace

absl::Status CheckWritable(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    errno = EISDIR;
    return Error(path, "cannot write");
  }
  const std::string directory = DirectoryOf(path);
  if (stat(directory.c_str(), &info) != 0) return Error(path, "cannot write");
  if (!S_ISDIR(info.st_mode)) {
    errno = ENOTDIR;
    return Error(path, "cannot write");
  }
  // Creating and renaming needs the directory, not the file, to be writable.
  if (access(directory.c_str(), W_OK | X_OK) != 0) {
    return Error(path, "cannot write");
  }
  return absl::OkStatus();
}

absl::Status WriteFilesAtomically(const std::vector<OutputFile>& files) {
  const auto temporary_of = [](const OutputFile& file) {
    return absl::StrCat(file.path, ".tmp", getpid());
  };
  const auto remove_temporaries = [&] {
    for (const OutputFile& file : files) unlink(temporary_of(file).c_str());
  };
  for (const OutputFile& file : files) {
    const absl::Status status =
        WriteTemporary(temporary_of(file), file.contents);
    if (!status.ok()) {
      remove_temporaries();
      return status;
    }
  }
  for (const OutputFile& file : files) {
    if (std::rename(temporary_of(file).c_str(), file.path.c_str()) != 0) {
      const absl::Status error = Error(file.path, "cannot rename to");
      remove_temporaries();
      return error;
    }
  }
  return absl::OkStatus();
}

}  // namespace pma::bench
