// SPDX-License-Identifier: Apache-2.0

// Calls of RocksDB's public interface at random, made of two databases.

#ifndef INTEGRATIONS_ROCKSDB_RANDOM_CALLS_H_
#define INTEGRATIONS_ROCKSDB_RANDOM_CALLS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "integrations/rocksdb/database_pair.h"
#include "pma/testing/random.h"
#include "rocksdb/options.h"
#include "rocksdb/snapshot.h"
#include "rocksdb/write_batch.h"

namespace pma_rocksdb {

// The calls of one thread. It writes and looks at keys of its own only, those
// that end with its number, which lie among those of others. Every answer is
// compared, by EXPECT of GoogleTest.
class RandomCalls {
 public:
  // `seed`: another one for each object. `thread`: its number, or kAlone if
  // there are no others. Then ranges are deleted, too.
  static constexpr char kAlone = '\0';
  RandomCalls(const DatabasePair& databases, uint64_t seed, char thread)
      : databases_(databases),
        random_(seed),
        thread_(thread),
        once_("once " + std::to_string(seed) + " ") {}
  ~RandomCalls() { ReleaseSnapshots(); }
  RandomCalls(const RandomCalls&) = delete;
  RandomCalls& operator=(const RandomCalls&) = delete;

  void Call();
  // Before the databases are closed.
  void ReleaseSnapshots();

  // Adds one to three writes to a batch, which may be applied twice: puts and
  // deletions, also of ranges.
  void WriteAgain(::rocksdb::WriteBatch& batch, const Database& database);

 private:
  // What is read at: now, or at a snapshot of both.
  using Pair = std::array<const ::rocksdb::Snapshot*, 2>;

  std::string RandomKey();
  std::string RandomValue();
  size_t RandomFamily() { return random_.Below(Database::kFamilies); }
  bool IsOwn(const std::string& key) const {
    return thread_ == kAlone || key.back() == thread_;
  }

  void Write();
  void DeleteOnce();
  void TakeOrReleaseSnapshot();
  Pair MaybeSnapshot();
  void Get();
  void GetMany();
  void Iterate();
  void FlushOne();

  const DatabasePair& databases_;
  pma::testing::Random random_;
  char thread_;
  std::string once_;  // how keys begin that are put but once
  uint64_t values_ = 0;
  std::vector<Pair> snapshots_;
  // Keys that have been put once since they were last deleted.
  std::map<std::string, bool> put_once_;
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_RANDOM_CALLS_H_
