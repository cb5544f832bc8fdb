// SPDX-License-Identifier: Apache-2.0

// A path that cannot be written is known beforehand, and asking changes
// nothing.

#include "bench/report/output_file.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace pma::bench {
namespace {

namespace fs = std::filesystem;

class OutputFile : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }

  std::string Path(std::string_view name) const {
    return folder_ + "/" + std::string(name);
  }
  size_t FileCount() const {
    return std::distance(fs::directory_iterator(folder_),
                         fs::directory_iterator());
  }
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file),
            std::istreambuf_iterator<char>()};
  }

  const std::string folder_ = ::testing::TempDir() + "/output_file";
};

TEST_F(OutputFile, AskingLeavesAFileAsItWas) {
  std::ofstream(Path("a")) << "old";
  EXPECT_TRUE(CheckWritable("json", Path("a")).ok());
  EXPECT_EQ(Read(Path("a")), "old");
}

TEST_F(OutputFile, AskingLeavesNoFileBehind) {
  EXPECT_TRUE(CheckWritable("json", Path("a")).ok());
  EXPECT_EQ(FileCount(), 0u);
}

TEST_F(OutputFile, AskingLeavesALinkToNothingThere) {
  fs::create_symlink("b", Path("a"));
  EXPECT_TRUE(CheckWritable("json", Path("a")).ok());
  EXPECT_TRUE(fs::is_symlink(Path("a")));
}

TEST_F(OutputFile, WrongPathsAreKnownBeforehand) {
  std::ofstream(Path("file")) << "old";
  for (const std::string& path : {folder_, Path("missing/a"), Path("file/a")}) {
    const absl::Status status = CheckWritable("json", path);
    EXPECT_TRUE(
        status.message().starts_with("--json: " + path + ": cannot write: "))
        << status;
  }
  EXPECT_EQ(FileCount(), 1u);
  EXPECT_EQ(Read(Path("file")), "old");
}

TEST_F(OutputFile, IsWrittenAndReplaced) {
  EXPECT_TRUE(WriteFile(Path("a"), "what was there").ok());
  EXPECT_TRUE(WriteFile(Path("a"), "new").ok());
  EXPECT_TRUE(WriteFile(Path("b"), "").ok());
  EXPECT_EQ(Read(Path("a")), "new");
  EXPECT_EQ(FileCount(), 2u);
}

TEST_F(OutputFile, ErrorsOfWritingAreTold) {
  EXPECT_EQ(WriteFile(Path("missing/a"), "new").message(),
            Path("missing/a") + ": cannot write: No such file or directory");
  // Too little to fail before the file is closed, and enough to fail at once.
  for (const size_t size : {1, 1'000'000}) {
    EXPECT_EQ(WriteFile("/dev/full", std::string(size, 'x')).message(),
              "/dev/full: cannot write: No space left on device");
  }
}

}  // namespace
}  // namespace pma::bench
