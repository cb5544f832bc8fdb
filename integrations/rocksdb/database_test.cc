// SPDX-License-Identifier: Apache-2.0

// Two databases, one with RocksDB's skip list and one with the map, that are
// asked the same by RocksDB's public interface.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "integrations/rocksdb/bytewise.h"
#include "integrations/rocksdb/database_pair.h"
#include "integrations/rocksdb/factory.h"
#include "integrations/rocksdb/random_calls.h"
#include "integrations/rocksdb/record.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"
#include "rocksdb/db.h"
#include "rocksdb/listener.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace pma_rocksdb {
namespace {

std::string NewFolder() {
  static int count = 0;
  return ::testing::TempDir() + "/" + std::to_string(getpid()) + "-" +
         std::to_string(++count);
}

struct Setting {
  const char* name;
  Database::Configure configure;
};

class DatabaseTest : public ::testing::TestWithParam<Setting> {};

TEST_P(DatabaseTest, AnswersAsWithASkipList) {
  DatabasePair databases(NewFolder(), GetParam().configure);
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    RandomCalls calls(databases, seed, RandomCalls::kAlone);
    for (int i = 0; i < 500; ++i) calls.Call();
    databases.ExpectEqual();
    calls.ReleaseSnapshots();
    databases.Reopen();
    databases.ExpectEqual();
  }
}

TEST_P(DatabaseTest, AnswersThreadsAsWithASkipList) {
  DatabasePair databases(NewFolder(), GetParam().configure);
  for (uint64_t round = 1; round <= 2; ++round) {
    pma::testing::RunThreads(3, [&](size_t thread) {
      RandomCalls calls(databases, 10 * round + thread,
                        static_cast<char>('1' + thread));
      for (int i = 0; i < 500; ++i) calls.Call();
    });
    databases.ExpectEqual();
    databases.Reopen();
    databases.ExpectEqual();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Settings, DatabaseTest,
    ::testing::Values(Setting{"Default", [](::rocksdb::Options&) {}},
                      Setting{"Unordered",
                              [](::rocksdb::Options& options) {
                                options.unordered_write = true;
                              }},
                      Setting{"Pipelined",
                              [](::rocksdb::Options& options) {
                                options.enable_pipelined_write = true;
                              }}),
    [](const auto& setting) { return setting.param.name; });

// --- Comparators
// -----------------------------------------------------------------

// Notes for each column family whether its keys are known to be ordered by
// bytes.
class NotingFactory final : public ::rocksdb::MemTableRepFactory {
 public:
  const char* Name() const override { return "noting"; }
  bool IsInsertConcurrentlySupported() const override { return true; }
  ::rocksdb::MemTableRep* CreateMemTableRep(
      const KeyComparator& compare, ::rocksdb::Allocator* allocator,
      const ::rocksdb::SliceTransform* prefix,
      ::rocksdb::Logger* logger) override {
    return factory_.CreateMemTableRep(compare, allocator, prefix, logger);
  }
  ::rocksdb::MemTableRep* CreateMemTableRep(
      const KeyComparator& compare, ::rocksdb::Allocator* allocator,
      const ::rocksdb::SliceTransform* prefix, ::rocksdb::Logger* logger,
      uint32_t family) override {
    bytewise_[family] = OrdersBytewise(compare);
    return CreateMemTableRep(compare, allocator, prefix, logger);
  }

  const std::map<uint32_t, bool>& bytewise() const { return bytewise_; }

 private:
  MemTableFactory factory_;
  std::map<uint32_t, bool> bytewise_;
};

// Who packages another RocksDB sees here that all comparisons would be its own.
TEST(ComparatorTest, IsKnownIfItIsBytewise) {
  const auto factory = std::make_shared<NotingFactory>();
  const Database database(NewFolder(), factory, [](::rocksdb::Options&) {});
  const std::map<uint32_t, bool> expected = {{Database::kPlain, true},
                                             {Database::kReverse, false},
                                             {Database::kPrefix, true}};
  EXPECT_EQ(factory->bytewise(), expected);
}

// --- A writer that is killed
// ---------------------------------------------------

constexpr char kFolderVariable[] = "PMA_KILLED_WRITER";
constexpr int kAcknowledgements = 3;  // a file descriptor

void WriteOnce(const DatabasePair& databases, uint64_t number) {
  for (const Database* database : databases.both()) {
    RandomCalls calls(databases, number, RandomCalls::kAlone);
    ::rocksdb::WriteBatch batch;
    calls.WriteAgain(batch, *database);
    ASSERT_TRUE((*database)->Write(::rocksdb::WriteOptions(), &batch).ok());
  }
}

// The writer, which the test below runs in a process of its own: a batch to
// both databases, and a byte that says so.
TEST(KilledWriterTest, DISABLED_Writer) {
  const DatabasePair databases(std::getenv(kFolderVariable),
                               [](::rocksdb::Options&) {});
  for (uint64_t number = 0;; ++number) {
    WriteOnce(databases, number);
    ASSERT_EQ(write(kAcknowledgements, "", 1), 1);
  }
}

TEST(KilledWriterTest, LosesNothing) {
  const std::string folder = NewFolder();
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t writer = fork();
  if (writer == 0) {
    dup2(ends[1], kAcknowledgements);
    setenv(kFolderVariable, folder.c_str(), 1);
    execl("/proc/self/exe", "writer",
          "--gtest_filter=KilledWriterTest.DISABLED_Writer",
          "--gtest_also_run_disabled_tests", nullptr);
    _exit(1);
  }
  close(ends[1]);
  uint64_t written = 0;
  char byte;
  while (written < 3000 && read(ends[0], &byte, 1) == 1) ++written;
  ASSERT_EQ(written, 3000u);
  kill(writer, SIGKILL);
  while (read(ends[0], &byte, 1) == 1) ++written;
  close(ends[0]);
  int status = 0;
  ASSERT_EQ(waitpid(writer, &status, 0), writer);
  ASSERT_TRUE(WIFSIGNALED(status));

  // It may have been within the next one.
  const DatabasePair databases(folder, [](::rocksdb::Options&) {});
  WriteOnce(databases, written);
  databases.ExpectEqual();
  for (const Database* database : databases.both()) {
    EXPECT_FALSE(database->All(Database::kPlain).empty());
  }
}

// --- Memory
// --------------------------------------------------------------------

// How many entries each flushed memtable had.
class Flushes : public ::rocksdb::EventListener {
 public:
  void OnFlushCompleted(::rocksdb::DB* /*db*/,
                        const ::rocksdb::FlushJobInfo& info) override {
    const std::lock_guard lock(mutex_);
    entries_ += info.table_properties.num_entries;
    ++count_;
  }
  uint64_t mean() {
    const std::lock_guard lock(mutex_);
    return count_ == 0 ? 0 : entries_ / count_;
  }

 private:
  std::mutex mutex_;
  uint64_t entries_ = 0;
  uint64_t count_ = 0;
};

uint64_t EntriesPerFlush(
    std::shared_ptr<::rocksdb::MemTableRepFactory> memtable, bool ascending) {
  const auto flushes = std::make_shared<Flushes>();
  const Database database(NewFolder(), std::move(memtable),
                          [&](::rocksdb::Options& options) {
                            options.write_buffer_size = 2 << 20;
                            options.disable_auto_compactions = true;
                            options.listeners.push_back(flushes);
                          });
  pma::testing::Random random(1);
  const std::string value(100, 'v');
  ::rocksdb::WriteOptions options;
  options.disableWAL = true;
  for (uint64_t i = 0; i < 60'000; ++i) {
    char key[17];
    std::snprintf(
        key, sizeof(key), "%016llx",
        static_cast<unsigned long long>(ascending ? i : random.Next()));
    EXPECT_TRUE(database->Put(options, key, value).ok());
  }
  return flushes->mean();
}

TEST(MemoryTest, IsFlushedWhenASkipListIs) {
  for (const bool ascending : {false, true}) {
    const uint64_t expected = EntriesPerFlush(
        std::make_shared<::rocksdb::SkipListFactory>(), ascending);
    const uint64_t entries =
        EntriesPerFlush(std::make_shared<MemTableFactory>(), ascending);
    EXPECT_GT(entries, expected * 9 / 10);
    EXPECT_LT(entries, expected * 11 / 10);
  }
}

}  // namespace
}  // namespace pma_rocksdb
