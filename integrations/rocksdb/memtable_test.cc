// SPDX-License-Identifier: Apache-2.0

// Memtables driven directly, without a database, beside a std::set of records.

#include "integrations/rocksdb/memtable.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "gtest/gtest.h"
#include "integrations/rocksdb/record.h"
#include "integrations/rocksdb/skip_list.h"
#include "integrations/rocksdb/skip_list_memtable.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/random.h"
#include "pma/testing/threads.h"
#include "rocksdb/memtablerep.h"

namespace pma_rocksdb {
namespace {

using pma::testing::Random;
using pma::testing::Scaled;

// --- Records and comparators, written without what is tested -----------------

void PutLength(std::string& to, size_t length) {
  for (; length >= 0x80; length >>= 7) {
    to.push_back(static_cast<char>(length | 0x80));
  }
  to.push_back(static_cast<char>(length));
}

std::string InternalKey(std::string_view user_key, uint64_t sequence,
                        int type = 1) {
  std::string key(user_key);
  uint64_t tag = sequence << 8 | static_cast<uint64_t>(type);
  for (int i = 0; i < 8; ++i, tag >>= 8) key.push_back(static_cast<char>(tag));
  return key;
}

uint64_t SequenceIn(std::string_view internal_key) {
  uint64_t tag = 0;
  for (int i = 0; i < 8; ++i) {
    const char byte = internal_key[internal_key.size() - 1 - i];
    tag = tag << 8 | static_cast<unsigned char>(byte);
  }
  return tag >> 8;
}

// By the user's keys, ascending or descending; then the newest first.
template <bool kDescending>
class Comparator final : public KeyComparator {
 public:
  int operator()(const char* a, const char* b) const override {
    return (*this)(a, decode_key(b));
  }
  int operator()(const char* record, const Slice& key) const override {
    const Slice other = decode_key(record);
    const std::string_view a(other.data(), other.size());
    const std::string_view b(key.data(), key.size());
    const int order =
        a.substr(0, a.size() - 8).compare(b.substr(0, b.size() - 8));
    if (order != 0) return kDescending ? -order : order;
    const uint64_t a_sequence = SequenceIn(a);
    const uint64_t b_sequence = SequenceIn(b);
    return a_sequence > b_sequence ? -1 : a_sequence < b_sequence ? 1 : 0;
  }
};

// Records, each with room for links before it, which the skip list needs.
class Records {
 public:
  char* Make(std::string_view internal_key) {
    std::string record;
    PutLength(record, internal_key.size());
    record += internal_key;
    record += '\0';  // a value of no bytes
    const int height = SkipList::RandomHeight();
    auto& memory = memory_.emplace_back(new uint64_t[height + record.size()]);
    char* const place = SkipList::MakeNode(memory.get(), height);
    std::copy(record.begin(), record.end(), place);
    return place;
  }

 private:
  std::deque<std::unique_ptr<uint64_t[]>> memory_;
};

// As LookupKey lies in memory, which RocksDB does not publish.
struct LookupKeyImage {
  const char* start;
  const char* key;
  const char* end;
};

// Keys with common prefixes of all lengths, short ones, zeros and ones.
std::string RandomKey(Random& random) {
  static constexpr char kBytes[] = {'\0', '\x01', 'a', '\x7f', '\xff'};
  std::string key;
  // Their lengths take one byte, two and three.
  const uint64_t size = random.Below(100) == 0 ? 20'000
                        : random.Below(8) == 0 ? 200
                                               : random.Below(12);
  const bool uniform = random.Below(3) == 0;
  for (uint64_t i = 0; i < size; ++i) {
    key.push_back(uniform ? '\xff' : kBytes[random.Below(5)]);
  }
  return key;
}

// --- One thread
// ---------------------------------------------------------------

template <class TableType, bool kDescendingKeys, bool kByPrefix>
struct Tested {
  using Table = TableType;
  static constexpr bool kDescending = kDescendingKeys;
  static constexpr bool kBytewise = kByPrefix;
};

template <class Config>
class MemTableTest : public ::testing::Test {
 protected:
  using Table = typename Config::Table;
  using Order = Comparator<Config::kDescending>;

  struct Less {
    bool operator()(const char* a, const char* b) const {
      return Order()(a, b) < 0;
    }
  };
  using Set = std::set<const char*, Less>;

  // What the iterator shows from where it stands on, or back from there.
  static std::vector<const char*> Rest(::rocksdb::MemTableRep::Iterator& at,
                                       bool forward, size_t most) {
    std::vector<const char*> rest;
    for (; at.Valid() && rest.size() < most; forward ? at.Next() : at.Prev()) {
      rest.push_back(at.key());
    }
    return rest;
  }

  std::unique_ptr<::rocksdb::MemTableRep::Iterator> Iterator() {
    return std::unique_ptr<::rocksdb::MemTableRep::Iterator>(
        table_.GetIterator(nullptr));
  }

  // The table holds what the set does, seen from both ends.
  void CompareAll() {
    const auto iterator = Iterator();
    EXPECT_FALSE(iterator->Valid());
    iterator->SeekToFirst();
    EXPECT_EQ(Rest(*iterator, true, SIZE_MAX),
              std::vector(set_.begin(), set_.end()));
    iterator->SeekToLast();
    EXPECT_EQ(Rest(*iterator, false, SIZE_MAX),
              std::vector(set_.rbegin(), set_.rend()));
  }

  // Look-ups and a few steps around a key that may be there or not.
  void CompareAt(const std::string& internal_key, Random& random) {
    const char* const record = records_.Make(internal_key);
    EXPECT_EQ(table_.Contains(record), set_.contains(record));

    const auto at_or_after = set_.lower_bound(record);
    const auto after = set_.upper_bound(record);
    const size_t steps = random.Below(10);
    std::vector<const char*> forward;
    for (auto it = at_or_after; it != set_.end() && forward.size() < steps;) {
      forward.push_back(*it++);
    }
    std::vector<const char*> backward;
    for (auto it = after; it != set_.begin() && backward.size() < steps;) {
      backward.push_back(*--it);
    }
    const auto iterator = Iterator();
    const char* const maybe = random.Below(2) == 0 ? record : nullptr;
    iterator->Seek(internal_key, maybe);
    EXPECT_EQ(Rest(*iterator, true, steps), forward);
    iterator->SeekForPrev(internal_key, maybe);
    EXPECT_EQ(Rest(*iterator, false, steps), backward);
    // There and back.
    iterator->Seek(internal_key, maybe);
    if (iterator->Valid()) {
      iterator->Prev();
      if (iterator->Valid()) iterator->Next();
      if (at_or_after != set_.begin()) {
        ASSERT_TRUE(iterator->Valid());
        EXPECT_EQ(iterator->key(), *at_or_after);
      }
    }

    struct Got {
      size_t most;
      std::vector<const char*> records;
    } got = {steps, {}};
    const LookupKeyImage key = {record, record + 1,
                                record + 1 + internal_key.size()};
    if (steps > 0 && internal_key.size() < 0x80) {
      table_.Get(reinterpret_cast<const ::rocksdb::LookupKey&>(key), &got,
                 [](void* into, const char* shown) {
                   auto& [most, so_far] = *static_cast<Got*>(into);
                   so_far.push_back(shown);
                   return so_far.size() < most;
                 });
      EXPECT_EQ(got.records, forward);
    }
  }

  Order compare_;
  Records records_;
  Table table_{compare_, nullptr, Config::kBytewise};
  Set set_;
};

using Configs = ::testing::Types<
    Tested<MemTable, false, true>, Tested<MemTable, false, false>,
    Tested<MemTable, true, false>, Tested<SkipListMemTable, false, true>,
    Tested<SkipListMemTable, true, false>>;
TYPED_TEST_SUITE(MemTableTest, Configs);

TYPED_TEST(MemTableTest, HoldsWhatASetDoes) {
  Random random(1);
  void* hint = nullptr;
  this->CompareAll();
  std::vector<std::string> keys;
  for (int round = 0; round < Scaled(8, 4); ++round) {
    for (int i = 0; i < 400; ++i) {
      // Often a new version of an old key, sometimes one that is there.
      std::string user_key = RandomKey(random);
      if (!keys.empty() && random.Below(3) == 0) {
        user_key = keys[random.Below(keys.size())];
      }
      keys.push_back(user_key);
      const int type = static_cast<int>(random.Below(2));
      char* const record = this->records_.Make(
          InternalKey(user_key, 1 + random.Below(40), type));
      const bool is_new = this->set_.insert(record).second;
      switch (random.Below(3)) {
        case 0:
          EXPECT_EQ(this->table_.InsertKey(record), is_new);
          break;
        case 1:
          EXPECT_EQ(this->table_.InsertKeyConcurrently(record), is_new);
          break;
        default:
          EXPECT_EQ(this->table_.InsertKeyWithHintConcurrently(record, &hint),
                    is_new);
      }
    }
    this->CompareAll();
    for (int i = 0; i < 100; ++i) {
      const std::string user_key = random.Below(2) == 0
                                       ? RandomKey(random)
                                       : keys[random.Below(keys.size())];
      this->CompareAt(InternalKey(user_key, random.Below(42)), random);
      if (this->HasFatalFailure()) return;
    }
  }
  delete[] static_cast<char*>(hint);
}

TYPED_TEST(MemTableTest, CountsAndSamplesAbout) {
  constexpr uint64_t kRecords = 3000;
  for (uint64_t i = 0; i < kRecords; ++i) {
    char text[8];
    for (int byte = 0; byte < 8; ++byte) {
      text[byte] = static_cast<char>(i >> (56 - 8 * byte));
    }
    char* const record =
        this->records_.Make(InternalKey(std::string_view(text, 8), i + 1));
    EXPECT_TRUE(this->table_.InsertKey(record));
    this->set_.insert(record);
  }
  const auto middle = std::next(this->set_.begin(), kRecords / 2);
  const uint64_t half = this->table_.ApproximateNumEntries(
      InternalKeyOf(*this->set_.begin()), InternalKeyOf(*middle));
  if (std::is_same_v<typename TestFixture::Table, MemTable>) {
    EXPECT_EQ(half, kRecords / 2);  // exact, for so few
  } else {
    EXPECT_GT(half, 0u);
  }
  // What is the wrong way round is empty.
  EXPECT_EQ(this->table_.ApproximateNumEntries(
                InternalKeyOf(*middle), InternalKeyOf(*this->set_.begin())),
            0u);

  std::unordered_set<const char*> sample;
  this->table_.UniqueRandomSample(kRecords, 50, &sample);
  EXPECT_EQ(sample.size(), 50u);
  for (const char* record : sample) EXPECT_TRUE(this->set_.contains(record));
  this->table_.UniqueRandomSample(kRecords, kRecords, &sample);
  EXPECT_EQ(sample.size(), kRecords);

  this->table_.MarkReadOnly();
  this->CompareAll();
}

// --- Several threads
// ------------------------------------------------------------

TYPED_TEST(MemTableTest, ThreadsInsertWhileOthersRead) {
  constexpr int kWriters = 3;
  Random random(2);
  // Some records are there from the beginning; of the others each is tried by
  // all writers.
  std::vector<std::string> keys;
  std::vector<const char*> there;
  for (int i = 0; i < Scaled(4000, 1200); ++i) {
    const std::string key = InternalKey(RandomKey(random), 1 + random.Below(9));
    if (i % 4 != 0) {
      keys.push_back(key);
      continue;
    }
    char* const record = this->records_.Make(key);
    if (this->set_.insert(record).second) {
      EXPECT_TRUE(this->table_.InsertKey(record));
      there.push_back(record);
    }
  }
  typename TestFixture::Set expected = this->set_;
  for (const std::string& key : keys) {
    expected.insert(this->records_.Make(key));
  }

  std::atomic<size_t> inserted = 0;
  std::atomic<int> writing = kWriters;
  std::vector<std::function<void()>> threads;
  std::vector<Records> records(kWriters);
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Random order(100 + static_cast<uint64_t>(writer));
      auto shuffled = keys;
      order.Shuffle(shuffled);
      void* hint = nullptr;
      for (const std::string& key : shuffled) {
        char* const record = records[static_cast<size_t>(writer)].Make(key);
        inserted += writer == 0 ? this->table_.InsertKeyWithHintConcurrently(
                                      record, &hint)
                                : this->table_.InsertKeyConcurrently(record);
      }
      delete[] static_cast<char*>(hint);
      --writing;
    });
  }
  const typename TestFixture::Less less;
  for (const bool forward : {true, false}) {
    threads.emplace_back([&, forward] {
      do {
        const auto iterator = this->Iterator();
        forward ? iterator->SeekToFirst() : iterator->SeekToLast();
        const auto shown = this->Rest(*iterator, forward, SIZE_MAX);
        for (size_t i = 1; i < shown.size(); ++i) {
          ASSERT_TRUE(forward ? less(shown[i - 1], shown[i])
                              : less(shown[i], shown[i - 1]));
        }
        const std::unordered_set<const char*> seen(shown.begin(), shown.end());
        for (const char* record : there) {
          ASSERT_TRUE(seen.contains(record));
          ASSERT_TRUE(this->table_.Contains(record));
        }
      } while (writing > 0);
    });
  }
  pma::testing::RunThreads(threads);

  EXPECT_EQ(inserted + there.size(), expected.size());
  const auto iterator = this->Iterator();
  iterator->SeekToFirst();
  const auto all = this->Rest(*iterator, true, SIZE_MAX);
  EXPECT_TRUE(std::equal(
      all.begin(), all.end(), expected.begin(), expected.end(),
      [&](const char* a, const char* b) { return this->compare_(a, b) == 0; }));
}

}  // namespace
}  // namespace pma_rocksdb
