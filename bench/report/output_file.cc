// SPDX-License-Identifier: Apache-2.0

#include "bench/report/output_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace pma::bench {
namespace {

namespace fs = std::filesystem;

absl::Status CannotWrite(std::string_view path) {
  return absl::UnavailableError(
      absl::StrCat(path, ": cannot write: ", std::strerror(errno)));
}

}  // namespace

absl::Status CheckWritable(std::string_view flag, const std::string& path) {
  std::error_code ignored;
  // Closing a pipe would tell its reader that this was all.
  if (fs::is_fifo(path, ignored)) return absl::OkStatus();
  const bool was_there = fs::exists(fs::symlink_status(path, ignored));
  FILE* const file = std::fopen(path.c_str(), "ab");
  if (file == nullptr) {
    return CannotWrite(absl::StrCat("--", flag, ": ", path));
  }
  std::fclose(file);
  if (!was_there) fs::remove(path, ignored);
  return absl::OkStatus();
}

absl::Status WriteFile(const std::string& path, std::string_view contents) {
  FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return CannotWrite(path);
  const bool written =
      std::fwrite(contents.data(), 1, contents.size(), file) == contents.size();
  const absl::Status error = CannotWrite(path);
  if (std::fclose(file) != 0) return CannotWrite(path);
  return written ? absl::OkStatus() : error;
}

}  // namespace pma::bench
