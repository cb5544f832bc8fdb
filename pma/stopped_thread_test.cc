// SPDX-License-Identifier: Apache-2.0

// The property: reads never wait. A real thread is stopped by a signal after
// each of its stores to shared memory in turn, in the middle of every kind of
// write; at each stop other threads complete every kind of read, and see the
// map as it was before the write or as it is after it.
//
// stopped_writer_test asks the same of one thread, at many more places and more
// strictly. Here nothing is simulated but the moment of the signal: a read that
// waited for the stopped thread in any way (a lock, a spin, the scheduler)
// would hang the test.

#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "pma/concurrent_map.h"
#include "pma/internal/store/word.h"
#include "pma/testing/build_variant.h"
#include "pma/testing/interrupt_platform.h"
#include "pma/testing/map_peer.h"
#include "pma/testing/random.h"
#include "pma/testing/stoppable_thread.h"
#include "pma/testing/storage_kinds.h"

namespace pma::testing {
namespace {

using internal::Marker;

template <class Kind>
class StoppedThreadTest : public ::testing::Test {
 protected:
  using Key = typename Kind::Key;
  using Value = typename Kind::Value;
  using Map = ConcurrentMap<Key, Value, std::less<>, std::allocator<std::byte>,
                            InterruptTuning>;
  using Model = std::map<Key, Value>;
  using Entry = std::pair<Key, Value>;

  static constexpr size_t kKeys = 80;

  StoppedThreadTest() : reader_([this] { ReadWhenAsked(); }) {}
  void TearDown() override {
    over_ = true;
    turn_.arrive_and_wait();
    reader_.join();
    EXPECT_EQ(map_.CheckInvariants(), "");
  }

  // Runs `write` on a thread that is stopped after each of its stores; at each
  // stop, this thread and another one read everything.
  void RunStopped(Model after, const std::function<void()>& write) {
    after_ = std::move(after);
    StoppableThread writer([&write] {
      Interrupt::AfterStores(write, [] { StoppableThread::StopHere(); });
    });
    while (writer.WaitUntilStopped()) {
      ++stops_;
      NoteWhereStopped();
      // Taking turns costs more than reading: the other reader has one of four.
      const bool both = stops_ % 4 == 0;
      if (both) turn_.arrive_and_wait();
      ReadEnds();
      ReadRanges();
      if (both) {
        turn_.arrive_and_wait();
      } else {
        ReadKeys();
      }
      writer.Release();
    }
    before_ = after_;
    ReadEnds();
    ReadRanges();
    ReadKeys();
    ASSERT_EQ(map_.CheckInvariants(), "");
  }

  void Insert(size_t i, size_t value) {
    Model after = before_;
    after.emplace(Kind::MakeKey(i), Kind::MakeValue(value));
    RunStopped(std::move(after),
               [&] { map_.insert(Kind::MakeKey(i), Kind::MakeValue(value)); });
  }
  void Assign(size_t i, size_t value) {
    Model after = before_;
    after.insert_or_assign(Kind::MakeKey(i), Kind::MakeValue(value));
    RunStopped(std::move(after), [&] {
      map_.insert_or_assign(Kind::MakeKey(i), Kind::MakeValue(value));
    });
  }
  void Erase(size_t i) {
    Model after = before_;
    after.erase(Kind::MakeKey(i));
    RunStopped(std::move(after), [&] { map_.erase(Kind::MakeKey(i)); });
  }
  void Clear() {
    RunStopped({}, [&] { map_.clear(); });
  }

  size_t ExtentCount() { return MapPeer::ExtentCount(map_); }

  Map map_;
  std::set<Marker> markers_seen_;
  size_t stops_ = 0;
  // The map's content before and after the write that is under way.
  Model before_;
  Model after_;

 private:
  void NoteWhereStopped() {
    MapPeer::ForEachWord(map_, [&](internal::Word word) {
      markers_seen_.insert(word.marker());
    });
  }

  // The other reader: takes a turn whenever the writer is stopped.
  void ReadWhenAsked() {
    for (;;) {
      turn_.arrive_and_wait();
      if (over_) return;
      ReadKeys();
      turn_.arrive_and_wait();
    }
  }

  template <class T, class Answer>
  void ExpectBeforeOrAfter(const T& seen, Answer answer, const char* what) {
    if (seen != answer(before_)) {
      EXPECT_TRUE(seen == answer(after_)) << what << ": neither before nor "
                                          << "after the write";
    }
  }

  static std::optional<Entry> At(const Model& model,
                                 typename Model::const_iterator entry) {
    if (entry == model.end()) return std::nullopt;
    return *entry;
  }
  static std::optional<Entry> Before(const Model& model,
                                     typename Model::const_iterator entry) {
    if (entry == model.begin()) return std::nullopt;
    return *std::prev(entry);
  }

  void ReadKeys() {
    for (size_t i = 0; i < kKeys; i += 11) {
      const Key key = Kind::MakeKey((i + stops_) % kKeys);
      ExpectBeforeOrAfter(
          map_.find(key),
          [&](const Model& model) -> std::optional<Value> {
            const auto entry = model.find(key);
            if (entry == model.end()) return std::nullopt;
            return entry->second;
          },
          "find");
      ExpectBeforeOrAfter(
          map_.floor(key),
          [&](const Model& m) { return Before(m, m.upper_bound(key)); },
          "floor");
      ExpectBeforeOrAfter(
          map_.ceiling(key),
          [&](const Model& m) { return At(m, m.lower_bound(key)); }, "ceiling");
    }
  }
  void ReadEnds() {
    ExpectBeforeOrAfter(
        map_.first(), [](const Model& m) { return At(m, m.begin()); }, "first");
    ExpectBeforeOrAfter(
        map_.last(), [](const Model& m) { return Before(m, m.end()); }, "last");
  }
  void ReadRanges() {
    std::vector<Entry> seen;
    const auto collect = [&](const Key& key, const Value& value) {
      seen.emplace_back(key, value);
    };
    map_.scan(collect);
    // One change and one look at each segment: all of it before, or after.
    ExpectBeforeOrAfter(
        seen,
        [](const Model& m) { return std::vector<Entry>(m.begin(), m.end()); },
        "scan");
    seen.clear();
    map_.scan_reverse(Kind::MakeKey(0), Kind::MakeKey(kKeys), collect);
    ExpectBeforeOrAfter(
        seen,
        [](const Model& m) { return std::vector<Entry>(m.rbegin(), m.rend()); },
        "scan_reverse");
  }

  std::barrier<> turn_{2};
  bool over_ = false;
  std::thread reader_;
};

using Kinds = ::testing::Types<Words, WideValues, Strings>;
TYPED_TEST_SUITE(StoppedThreadTest, Kinds);

// Windows spread, extents grow and split, later shrink and merge.
TYPED_TEST(StoppedThreadTest, ReadsCompleteWhileAWriterIsStoppedAnywhere) {
  Random random(5);
  size_t value = 0;
  size_t most_extents = 0;
  for (int i = 0; i < Scaled(45, 35); ++i) {
    const size_t key = random.Below(this->kKeys);
    this->Insert(key, ++value);
    if (i % 8 == 0) this->Assign(key, ++value);
    most_extents = std::max(most_extents, this->ExtentCount());
    ASSERT_FALSE(this->HasFailure());
  }
  EXPECT_GE(most_extents, 2u) << "no extent was split";
  for (size_t i = 0; i < this->kKeys; ++i) {
    this->Erase(i * 37 % this->kKeys);
    ASSERT_FALSE(this->HasFailure());
  }
  EXPECT_LT(this->ExtentCount(), most_extents) << "no extents were merged";
  for (Marker marker :
       {Marker::kInsert, Marker::kDelete, Marker::kFreeze, Marker::kMove}) {
    EXPECT_TRUE(this->markers_seen_.contains(marker))
        << static_cast<int>(marker);
  }
  EXPECT_TRUE(this->markers_seen_.contains(Marker::kUpdate) ||
              this->markers_seen_.contains(Marker::kReplace));
  EXPECT_GT(this->stops_, 1000u);
}

// Into empty right-hand neighbours.
TYPED_TEST(StoppedThreadTest, ReadsCompleteWhileAnAscendingLoadIsStopped) {
  for (size_t i = 0; i < Scaled(30, 15); ++i) {
    this->Insert(i, i);
    ASSERT_FALSE(this->HasFailure());
  }
}

TYPED_TEST(StoppedThreadTest, ReadsCompleteWhileClearIsStopped) {
  for (size_t i = 0; i < this->kKeys; ++i) {
    const size_t shuffled = i * 37 % this->kKeys;
    this->map_.insert(TypeParam::MakeKey(shuffled), TypeParam::MakeValue(i));
    this->before_.emplace(TypeParam::MakeKey(shuffled),
                          TypeParam::MakeValue(i));
  }
  ASSERT_GE(this->ExtentCount(), 2u);
  this->Clear();
  EXPECT_TRUE(this->markers_seen_.contains(Marker::kFreeze));
}

}  // namespace
}  // namespace pma::testing
