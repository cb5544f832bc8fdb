// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/database_pair.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "integrations/rocksdb/factory.h"
#include "rocksdb/comparator.h"
#include "rocksdb/convenience.h"
#include "rocksdb/db.h"
#include "rocksdb/memtablerep.h"
#include "rocksdb/merge_operator.h"
#include "rocksdb/options.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/status.h"

namespace pma_rocksdb {
namespace {

void OrDie(const ::rocksdb::Status& status, const char* what) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", what, status.ToString().c_str());
  std::abort();
}

}  // namespace

Database::Database(std::string folder, Factory memtable,
                   const Configure& configure)
    : folder_(std::move(folder)) {
  options_.create_if_missing = true;
  options_.create_missing_column_families = true;
  options_.compression = ::rocksdb::kNoCompression;
  options_.max_background_jobs = 1;
  options_.memtable_factory = std::move(memtable);
  OrDie(
      ::rocksdb::MergeOperator::CreateFromString(
          ::rocksdb::ConfigOptions(), "stringappend", &options_.merge_operator),
      "merge operator");
  configure(options_);

  const ::rocksdb::ColumnFamilyOptions plain(options_);
  ::rocksdb::ColumnFamilyOptions reverse = plain;
  reverse.comparator = ::rocksdb::ReverseBytewiseComparator();
  ::rocksdb::ColumnFamilyOptions prefix = plain;
  prefix.prefix_extractor.reset(::rocksdb::NewCappedPrefixTransform(2));
  prefix.memtable_prefix_bloom_size_ratio = 0.1;
  prefix.memtable_whole_key_filtering = true;
  descriptors_ = {{::rocksdb::kDefaultColumnFamilyName, plain},
                  {"reverse", reverse},
                  {"prefix", prefix}};
  Open();
}

void Database::Open() {
  ::rocksdb::DB* db = nullptr;
  OrDie(::rocksdb::DB::Open(options_, folder_, descriptors_, &families_, &db),
        folder_.c_str());
  db_.reset(db);
}

void Database::Close() {
  for (::rocksdb::ColumnFamilyHandle* family : families_) {
    OrDie(db_->DestroyColumnFamilyHandle(family), "close");
  }
  families_.clear();
  db_.reset();
}

void Database::Reopen() {
  Close();
  Open();
}

Database::Content Database::All(size_t family) const {
  ::rocksdb::ReadOptions options;
  options.total_order_seek = true;
  const std::unique_ptr<::rocksdb::Iterator> iterator(
      db_->NewIterator(options, families_[family]));
  Content content;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    content.emplace_back(iterator->key().ToString(),
                         iterator->value().ToString());
  }
  OrDie(iterator->status(), "iterator");
  return content;
}

DatabasePair::DatabasePair(const std::string& folder,
                           const Database::Configure& configure)
    : expected_(folder + "-skip_list",
                std::make_shared<::rocksdb::SkipListFactory>(), configure),
      tested_(folder + "-pma", std::make_shared<MemTableFactory>(), configure) {
}

void DatabasePair::ExpectEqual() const {
  for (size_t family = 0; family < Database::kFamilies; ++family) {
    EXPECT_EQ(expected_.All(family), tested_.All(family)) << family;
  }
}

}  // namespace pma_rocksdb
