// SPDX-License-Identifier: Apache-2.0

// Two databases that differ in nothing but their memtables.

#ifndef INTEGRATIONS_ROCKSDB_DATABASE_PAIR_H_
#define INTEGRATIONS_ROCKSDB_DATABASE_PAIR_H_

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/options.h"

namespace pma_rocksdb {

// A database in a folder, with four column families: of keys in their bytes'
// order, in the opposite one, with a prefix extractor and Bloom filters, and
// one whose memtables are flushed soon.
class Database {
 public:
  static constexpr size_t kFamilies = 3;
  enum Family { kPlain, kReverse, kPrefix };

  using Configure = std::function<void(::rocksdb::Options&)>;
  using Factory = std::shared_ptr<::rocksdb::MemTableRepFactory>;

  // Opens it, and ends the program if that fails.
  Database(std::string folder, Factory memtable, const Configure& configure);
  ~Database() { Close(); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // What was not flushed is read from the log.
  void Reopen();

  ::rocksdb::DB& operator*() const { return *db_; }
  ::rocksdb::DB* operator->() const { return db_.get(); }
  ::rocksdb::ColumnFamilyHandle* family(size_t i) const { return families_[i]; }

  // All that is in a column family, in its order.
  using Content = std::vector<std::pair<std::string, std::string>>;
  Content All(size_t family) const;

 private:
  void Open();
  void Close();

  std::string folder_;
  ::rocksdb::Options options_;
  std::vector<::rocksdb::ColumnFamilyDescriptor> descriptors_;
  std::unique_ptr<::rocksdb::DB> db_;
  std::vector<::rocksdb::ColumnFamilyHandle*> families_;
};

// One with RocksDB's skip list and one with the map.
class DatabasePair {
 public:
  DatabasePair(const std::string& folder, const Database::Configure& configure);

  // Both, in the same order each time.
  std::array<const Database*, 2> both() const { return {&expected_, &tested_}; }

  void Reopen() {
    expected_.Reopen();
    tested_.Reopen();
  }

  // Fails a test where the databases hold different things.
  void ExpectEqual() const;

 private:
  Database expected_;
  Database tested_;
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_DATABASE_PAIR_H_
