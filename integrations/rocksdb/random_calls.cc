// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/random_calls.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "integrations/rocksdb/database_pair.h"
#include "rocksdb/comparator.h"
#include "rocksdb/db.h"
#include "rocksdb/iterator.h"
#include "rocksdb/options.h"
#include "rocksdb/slice.h"
#include "rocksdb/snapshot.h"
#include "rocksdb/status.h"
#include "rocksdb/write_batch.h"

namespace pma_rocksdb {
namespace {

using ::rocksdb::ReadOptions;
using ::rocksdb::Slice;
using ::rocksdb::Status;

const ::rocksdb::WriteOptions kWrite;

// Calls call(database, 0 or 1) of both and compares what that returns.
template <class Call>
void ExpectSame(const DatabasePair& databases, const Call& call) {
  const auto both = databases.both();
  const auto expected = call(*both[0], size_t{0});
  EXPECT_EQ(call(*both[1], size_t{1}), expected);
}

}  // namespace

// Few, with common prefixes that are longer and shorter than eight bytes, among
// them some of which one is the beginning of another.
std::string RandomCalls::RandomKey() {
  static constexpr std::string_view kBeginnings[] = {
      "", "a", "common prefix ", std::string_view("\0\0", 2),
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
  std::string key(kBeginnings[random_.Below(5)]);
  const uint64_t size = random_.Below(5);
  for (uint64_t i = 0; i < size; ++i) {
    key.push_back(static_cast<char>('a' + random_.Below(3)));
  }
  key.push_back(thread_ == kAlone ? 'z' : thread_);
  return key;
}

std::string RandomCalls::RandomValue() {
  std::string value(random_.Below(40), 'v');
  return value + std::to_string(++values_);
}

void RandomCalls::Call() {
  const uint64_t kind = random_.Below(100);
  if (kind < 45) {
    Write();
  } else if (kind < 50) {
    DeleteOnce();
  } else if (kind < 55) {
    TakeOrReleaseSnapshot();
  } else if (kind < 75) {
    Get();
  } else if (kind < 80) {
    GetMany();
  } else if (kind < 99) {
    Iterate();
  } else {
    FlushOne();
  }
}

void RandomCalls::Write() {
  const size_t family = RandomFamily();
  const std::string key = RandomKey();
  const std::string value = RandomValue();
  const uint64_t kind = random_.Below(10);
  if (kind < 4) {
    ExpectSame(databases_, [&](const Database& db, size_t) {
      return db->Put(kWrite, db.family(family), key, value);
    });
  } else if (kind < 6) {
    ExpectSame(databases_, [&](const Database& db, size_t) {
      return db->Delete(kWrite, db.family(family), key);
    });
  } else if (kind < 8) {
    ExpectSame(databases_, [&](const Database& db, size_t) {
      return db->Merge(kWrite, db.family(family), key, value);
    });
  } else {
    // The same batch of both.
    const uint64_t seed = random_.Next();
    ExpectSame(databases_, [&](const Database& db, size_t) {
      RandomCalls of_batch(databases_, seed, thread_);
      ::rocksdb::WriteBatch batch;
      of_batch.WriteAgain(batch, db);
      return db->Write(kWrite, &batch);
    });
  }
}

void RandomCalls::WriteAgain(::rocksdb::WriteBatch& batch,
                             const Database& database) {
  for (uint64_t left = 1 + random_.Below(3); left > 0; --left) {
    ::rocksdb::ColumnFamilyHandle* family = database.family(RandomFamily());
    const std::string key = RandomKey();
    const uint64_t kind = random_.Below(8);
    if (kind == 0 && thread_ == kAlone) {
      // Behind the key in either order.
      std::string other = RandomKey();
      const auto* compare = family->GetComparator();
      const bool ascending = compare->Compare(key, other) < 0;
      EXPECT_TRUE(batch
                      .DeleteRange(family, ascending ? key : other,
                                   ascending ? other : key)
                      .ok());
    } else if (kind < 3) {
      EXPECT_TRUE(batch.Delete(family, key).ok());
    } else {
      EXPECT_TRUE(batch.Put(family, key, RandomValue()).ok());
    }
  }
}

// SingleDelete() is for keys that have been put once: it has keys of its own,
// in one family. Ranges of keys would take them, too.
void RandomCalls::DeleteOnce() {
  if (thread_ == kAlone) return;
  const std::string key = once_ + RandomKey();
  const std::string value = RandomValue();
  bool& is_there = put_once_[key];
  ExpectSame(databases_, [&](const Database& db, size_t) {
    return is_there ? db->SingleDelete(kWrite, db.family(0), key)
                    : db->Put(kWrite, db.family(0), key, value);
  });
  is_there = !is_there;
}

void RandomCalls::TakeOrReleaseSnapshot() {
  if (snapshots_.size() < 3 && random_.Below(2) == 0) {
    const auto both = databases_.both();
    snapshots_.push_back(
        {(*both[0])->GetSnapshot(), (*both[1])->GetSnapshot()});
  } else if (!snapshots_.empty()) {
    std::swap(snapshots_[random_.Below(snapshots_.size())], snapshots_.back());
    const auto both = databases_.both();
    for (size_t i = 0; i < 2; ++i) {
      (*both[i])->ReleaseSnapshot(snapshots_.back()[i]);
    }
    snapshots_.pop_back();
  }
}

void RandomCalls::ReleaseSnapshots() {
  const auto both = databases_.both();
  for (const Pair& pair : snapshots_) {
    for (size_t i = 0; i < 2; ++i) (*both[i])->ReleaseSnapshot(pair[i]);
  }
  snapshots_.clear();
}

RandomCalls::Pair RandomCalls::MaybeSnapshot() {
  if (snapshots_.empty() || random_.Below(2) == 0) return {nullptr, nullptr};
  return snapshots_[random_.Below(snapshots_.size())];
}

void RandomCalls::Get() {
  const size_t family = RandomFamily();
  const std::string key = RandomKey();
  const Pair snapshot = MaybeSnapshot();
  ExpectSame(databases_, [&](const Database& db, size_t i) {
    ReadOptions options;
    options.snapshot = snapshot[i];
    std::string value;
    const Status status = db->Get(options, db.family(family), key, &value);
    return std::pair(status.ToString(), status.ok() ? value : "");
  });
}

void RandomCalls::GetMany() {
  const size_t family = RandomFamily();
  std::vector<std::string> keys;
  for (uint64_t left = 1 + random_.Below(10); left > 0; --left) {
    keys.push_back(RandomKey());
  }
  const Pair snapshot = MaybeSnapshot();
  ExpectSame(databases_, [&](const Database& db, size_t i) {
    ReadOptions options;
    options.snapshot = snapshot[i];
    const std::vector<Slice> slices(keys.begin(), keys.end());
    std::vector<std::string> values;
    const std::vector<Status> found =
        db->MultiGet(options,
                     std::vector<::rocksdb::ColumnFamilyHandle*>(
                         keys.size(), db.family(family)),
                     slices, &values);
    for (size_t k = 0; k < keys.size(); ++k) {
      values[k] = found[k].ToString() + (found[k].ok() ? values[k] : "");
    }
    return values;
  });
}

void RandomCalls::Iterate() {
  const size_t family = RandomFamily();
  const Pair snapshot = MaybeSnapshot();
  const std::string at = RandomKey();
  std::string lower = RandomKey();
  std::string upper = RandomKey();
  const auto* compare = databases_.both()[0]->family(family)->GetComparator();
  if (compare->Compare(lower, upper) > 0) std::swap(lower, upper);
  const bool has_lower = random_.Below(3) == 0;
  const bool has_upper = random_.Below(3) == 0;
  const bool within_prefix =
      family == Database::kPrefix && random_.Below(2) == 0;
  const uint64_t seek = random_.Below(within_prefix ? 1 : 4);
  const bool turns = random_.Below(4) == 0;
  const bool forward = seek == 0 || seek == 2;
  ExpectSame(databases_, [&](const Database& db, size_t i) {
    ReadOptions options;
    options.snapshot = snapshot[i];
    options.total_order_seek = !within_prefix;
    options.prefix_same_as_start = within_prefix;
    const Slice lowest = lower;
    const Slice uppermost = upper;
    if (has_lower) options.iterate_lower_bound = &lowest;
    if (has_upper) options.iterate_upper_bound = &uppermost;
    const std::unique_ptr<::rocksdb::Iterator> iterator(
        db->NewIterator(options, db.family(family)));
    switch (seek) {
      case 0:
        iterator->Seek(at);
        break;
      case 1:
        iterator->SeekForPrev(at);
        break;
      case 2:
        iterator->SeekToFirst();
        break;
      default:
        iterator->SeekToLast();
    }
    Database::Content shown;
    // Among other threads' keys it would not turn at the same places.
    for (size_t steps = 0; iterator->Valid() && shown.size() < 20; ++steps) {
      std::string key = iterator->key().ToString();
      if (IsOwn(key)) {
        shown.emplace_back(std::move(key), iterator->value().ToString());
      }
      const bool back = turns && thread_ == kAlone && steps % 4 == 3;
      forward != back ? iterator->Next() : iterator->Prev();
    }
    shown.emplace_back(iterator->status().ToString(), "");
    return shown;
  });
}

void RandomCalls::FlushOne() {
  const size_t family = RandomFamily();
  ExpectSame(databases_, [&](const Database& db, size_t) {
    return db->Flush(::rocksdb::FlushOptions(), db.family(family));
  });
}

}  // namespace pma_rocksdb
