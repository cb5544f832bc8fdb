// SPDX-License-Identifier: Apache-2.0

// Many threads on one map, with exact expectations.
//
// Keys are numbered; eight consecutive numbers make a block:
//
//   number % 8 == 0   resident: there throughout, overwritten by its owner
//   number % 8 == 1   absent:   never inserted
//   number % 8 >= 2   churning: inserted and erased by its owner
//
// Each block has one owner among the writers. Only the owner changes its keys,
// so it knows the answer to each of its own operations exactly, although blocks
// of different owners share segments. All others know that residents are found
// by every look-up and seen exactly once by every scan, that absent keys are
// not, and that the sequence numbers they read under one key never fall.

#ifndef PMA_TESTING_OWNERSHIP_STRESS_H_
#define PMA_TESTING_OWNERSHIP_STRESS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pma/testing/build_variant.h"
#include "pma/testing/random.h"
#include "pma/testing/stamp.h"

namespace pma::testing {

template <class Map, class Key, class Value>
class OwnershipStress {
 public:
  using FailureHandler = std::function<void(const std::string&)>;

  static constexpr std::uint32_t kBlock = 8;

  OwnershipStress(std::uint32_t block_count, std::uint32_t writer_count,
                  FailureHandler on_failure)
      : key_count_(block_count * kBlock),
        writer_count_(writer_count),
        on_failure_(std::move(on_failure)),
        sequences_(key_count_, 0),
        present_(key_count_, false),
        published_(key_count_),
        writer_sequences_(writer_count, 0) {
    for (std::uint32_t number = 0; number < key_count_; number += kBlock) {
      const std::uint32_t owner = OwnerOf(number);
      Note(number, ++writer_sequences_[owner]);
      Check(map_.insert(MakeKey(number), MakeValue(number)),
            "insert of a resident", number);
    }
  }

  Map& map() { return map_; }

  // --- Writers
  // ----------------------------------------------------------------

  void RunWriter(std::uint32_t writer, std::uint64_t seed, int operations) {
    Random random(seed);
    while (operations > 0) {
      // A walk over part of the own keys, so that segments fill up, run empty
      // and are rebalanced, with single operations in between.
      const bool fill = random.Below(2) == 0;
      const bool descending = random.Below(2) == 0;
      std::uint32_t number = RandomOwn(writer, random);
      for (int i = 0; i < 100 && operations > 0; ++i, --operations) {
        Walk(number, fill);
        if (i % 4 == 0) SingleOperation(RandomOwn(writer, random), random);
        number = NextOwn(number, descending);
      }
    }
  }

  // As RunWriter, by operations on many keys.
  void RunBulkWriter(std::uint32_t writer, std::uint64_t seed, int operations) {
    Random random(seed);
    while (operations-- > 0) {
      switch (random.Below(5)) {
        case 0:
        case 1:
          MergeOwn(RandomOwn(writer, random), random);
          break;
        case 2:
          EraseOwnBlock(RandomOwn(writer, random));
          break;
        case 3:
          WriteOwnBatch(RandomOwn(writer, random), random.Below(2) == 0);
          break;
        default:
          SingleOperation(RandomOwn(writer, random), random);
      }
    }
  }

  // Inserts, or erases, all that the writer owns but its residents, which it
  // overwrites.
  void Sweep(std::uint32_t writer, bool fill) {
    for (std::uint32_t block = writer * kBlock; block < key_count_;
         block += kBlock * writer_count_) {
      Walk(block, fill);
      for (std::uint32_t kind = 2; kind < kBlock; ++kind) {
        Walk(block + kind, fill);
      }
    }
  }

  // --- Readers
  // ----------------------------------------------------------------

  // What one reader has seen so far.
  class Reader {
   public:
    Reader(OwnershipStress& stress, std::uint64_t seed)
        : stress_(stress), random_(seed), seen_(stress.key_count_, 0) {}

    void FindOne() {
      const std::uint32_t number = RandomNumber();
      const std::uint32_t at_least = stress_.PublishedSequence(number);
      const std::optional<Value> value = stress_.map_.find(MakeKey(number));
      CheckPresence(number, value.has_value(), "find");
      if (!value.has_value()) return;
      const std::uint32_t sequence = CheckValue(number, *value, "find");
      // What was written before the look-up began must be seen.
      if (number % kBlock == 0) {
        stress_.Check(sequence >= at_least, "find returned a stale value",
                      number);
      }
    }

    void VisitOne() {
      const std::uint32_t number = RandomNumber();
      const bool found = stress_.map_.visit(
          MakeKey(number),
          [&](const Value& value) { CheckValue(number, value, "visit"); });
      CheckPresence(number, found, "visit");
      CheckPresence(number, stress_.map_.contains(MakeKey(number)), "contains");
    }

    void Navigate() {
      NavigateWithin();
      const std::uint32_t last = stress_.key_count_ - kBlock;
      CheckNeighbour("last", last, stress_.map_.last(), last,
                     last + kBlock - 1);
    }

    // The same if there are other keys behind the numbered ones. A neighbour of
    // q lies no farther than the resident on that side.
    void NavigateWithin() {
      const std::uint32_t q = RandomNumber();
      const std::uint32_t below = q - q % kBlock;
      const std::uint32_t last = stress_.key_count_ - kBlock;
      CheckNeighbour("floor", q, stress_.map_.floor(MakeKey(q)), below, q);
      if (q > 0) {
        CheckNeighbour("lower", q, stress_.map_.lower(MakeKey(q)),
                       below == q ? q - kBlock : below, q - 1);
      } else {
        stress_.Check(!stress_.map_.lower(MakeKey(0)).has_value(),
                      "lower of the first key", 0);
      }
      const std::uint32_t above = below == q ? q : below + kBlock;
      if (q <= last) {
        CheckNeighbour("ceiling", q, stress_.map_.ceiling(MakeKey(q)), q,
                       above);
      }
      if (q < last) {
        CheckNeighbour("higher", q, stress_.map_.higher(MakeKey(q)), q + 1,
                       below + kBlock);
      }
      CheckNeighbour("first", q, stress_.map_.first(), 0, 0);
    }

    void Scan(bool reverse) {
      std::uint32_t lo = RandomNumber();
      std::uint32_t hi = RandomNumber();
      if (lo > hi) std::swap(lo, hi);
      std::uint32_t residents = 0;
      std::size_t calls = 0;
      std::optional<std::uint32_t> previous;
      const std::size_t count =
          RunScan(reverse, lo, hi, [&](const Key& key, const Value& value) {
            ++calls;
            const std::uint32_t number = NumberedKey<Key>::Number(key);
            const bool in_order =
                !previous.has_value() ||
                (reverse ? number < *previous : number > *previous);
            stress_.Check(in_order, "scan out of order or repeated", number);
            stress_.Check(number >= lo && number < hi, "scan out of bounds",
                          number);
            previous = number;
            if (number >= stress_.key_count_) return;
            CheckPresence(number, true, "scan");
            CheckValue(number, value, "scan");
            if (number % kBlock == 0) ++residents;
            // Callbacks may call the map. What they find may be newer than what
            // the scan, which reads ahead, shows later: only presence counts.
            if (number % 64 == 0) {
              const std::uint32_t other = RandomNumber();
              CheckPresence(other, stress_.map_.contains(MakeKey(other)),
                            "a callback's contains");
            }
          });
      const std::uint32_t expected =
          (hi + kBlock - 1) / kBlock - (lo + kBlock - 1) / kBlock;
      stress_.Check(residents == expected,
                    "scan saw " + std::to_string(residents) + " of " +
                        std::to_string(expected) + " residents from",
                    lo);
      stress_.Check(count == calls, "scan returned a wrong count from", lo);
    }

   private:
    std::uint32_t RandomNumber() {
      return static_cast<std::uint32_t>(random_.Below(stress_.key_count_));
    }

    template <class F>
    std::size_t RunScan(bool reverse, std::uint32_t lo, std::uint32_t hi, F f) {
      return reverse ? stress_.map_.scan_reverse(MakeKey(lo), MakeKey(hi), f)
                     : stress_.map_.scan(MakeKey(lo), MakeKey(hi), f);
    }

    void CheckPresence(std::uint32_t number, bool found, const char* by) {
      const std::uint32_t kind = number % kBlock;
      if (kind == 0)
        stress_.Check(found, "resident missed by " + Text(by), number);
      if (kind == 1)
        stress_.Check(!found, "absent key seen by " + Text(by), number);
    }

    std::uint32_t CheckValue(std::uint32_t number, const Value& value,
                             const char* by) {
      const std::optional<Stamp> stamp = Stamped<Value>::Read(value);
      stress_.Check(stamp.has_value(), "torn value seen by " + Text(by),
                    number);
      if (!stamp.has_value()) return 0;
      stress_.Check(
          stamp->key == number && stamp->thread == stress_.OwnerOf(number),
          "value of another key seen by " + Text(by), number);
      stress_.Check(stamp->sequence >= seen_[number],
                    "older value than before seen by " + Text(by), number);
      seen_[number] = stamp->sequence;
      return stamp->sequence;
    }

    void CheckNeighbour(const char* by, std::uint32_t q,
                        const std::optional<std::pair<Key, Value>>& entry,
                        std::uint32_t at_least, std::uint32_t at_most) {
      stress_.Check(entry.has_value(), Text(by) + " found nothing at", q);
      if (!entry.has_value()) return;
      const std::uint32_t number = NumberedKey<Key>::Number(entry->first);
      stress_.Check(number >= at_least && number <= at_most,
                    Text(by) + " found " + std::to_string(number) + " at", q);
      if (number >= stress_.key_count_) return;
      CheckPresence(number, true, by);
      CheckValue(number, entry->second, by);
    }

    static std::string Text(const char* text) { return text; }

    OwnershipStress& stress_;
    Random random_;
    std::vector<std::uint32_t> seen_;  // the highest sequence, by number
  };

  // --- At rest
  // -----------------------------------------------------------------

  // Compares the whole content with what the owners know.
  void CheckQuiescent() {
    const std::string broken = map_.CheckInvariants();
    if (!broken.empty()) on_failure_("CheckInvariants: " + broken);
    std::size_t expected_size = 0;
    for (const bool present : present_) expected_size += present ? 1 : 0;
    Check(map_.size() == expected_size,
          "size() at rest is " + std::to_string(map_.size()) + " and not",
          static_cast<std::uint32_t>(expected_size));
    std::vector<bool> scanned(key_count_, false);
    map_.scan([&](const Key& key, const Value& value) {
      const std::uint32_t number = NumberedKey<Key>::Number(key);
      if (number >= key_count_ || !present_[number]) {
        Check(false, "entry at rest that nobody left there", number);
        return;
      }
      Check(!scanned[number], "repeated at rest", number);
      scanned[number] = true;
      Check(Stamped<Value>::Read(value) == StampOf(number),
            "not the last value written, at rest", number);
    });
    for (std::uint32_t number = 0; number < key_count_; ++number) {
      Check(scanned[number] == present_[number], "lost at rest", number);
      Check(map_.contains(MakeKey(number)) == present_[number],
            "contains() at rest is wrong", number);
    }
  }

  // Erases all that the owners know, one by one.
  void EraseEverything() {
    for (std::uint32_t number = 0; number < key_count_; ++number) {
      if (present_[number]) EraseOwn(number);
    }
  }

 private:
  static Key MakeKey(std::uint32_t number) {
    return NumberedKey<Key>::Make(number);
  }

  std::uint32_t OwnerOf(std::uint32_t number) const {
    return number / kBlock % writer_count_;
  }

  Stamp StampOf(std::uint32_t number) const {
    return {number, OwnerOf(number), sequences_[number]};
  }

  Value MakeValue(std::uint32_t number) const {
    return Stamped<Value>::Write(StampOf(number));
  }

  void Note(std::uint32_t number, std::uint32_t sequence) {
    sequences_[number] = sequence;
    present_[number] = true;
  }

  // A number of the writer's that may be in the map: resident or churning.
  std::uint32_t RandomOwn(std::uint32_t writer, Random& random) const {
    const std::uint32_t blocks = key_count_ / kBlock / writer_count_;
    const auto block = static_cast<std::uint32_t>(random.Below(blocks));
    const auto kind = static_cast<std::uint32_t>(random.Below(kBlock - 1));
    return (block * writer_count_ + writer) * kBlock +
           (kind == 0 ? 0 : kind + 1);
  }

  // The next number of the same owner, going round at the ends.
  std::uint32_t NextOwn(std::uint32_t number, bool descending) const {
    const std::uint32_t kind = number % kBlock;
    const std::uint32_t stride = kBlock * writer_count_;
    if (descending) {
      if (kind > 0) return number - (kind == 2 ? 2 : 1);
      return (number + key_count_ - stride) % key_count_ + kBlock - 1;
    }
    if (kind < kBlock - 1) return number + (kind == 0 ? 2 : 1);
    return (number - kind + stride) % key_count_;
  }

  void Walk(std::uint32_t number, bool fill) {
    if (number % kBlock == 0) return Overwrite(number);
    return fill ? InsertOwn(number, /*emplace=*/number % 2 == 0)
                : EraseOwn(number);
  }

  void SingleOperation(std::uint32_t number, Random& random) {
    switch (random.Below(4)) {
      case 0:
        return number % kBlock == 0 ? FindOwn(number) : EraseOwn(number);
      case 1:
        return InsertOwn(number, random.Below(2) == 0);
      case 2:
        return Overwrite(number);
      default:
        return FindOwn(number);
    }
  }

  void InsertOwn(std::uint32_t number, bool emplace) {
    const bool expected = !present_[number];
    const Stamp stamp{number, OwnerOf(number), NextSequence(number)};
    const Value value = Stamped<Value>::Write(stamp);
    const bool inserted = emplace ? map_.try_emplace(MakeKey(number), value)
                                  : map_.insert(MakeKey(number), value);
    Check(inserted == expected, "owner's insert", number);
    if (expected) Note(number, stamp.sequence);
    FindOwn(number);
  }

  void Overwrite(std::uint32_t number) {
    const bool expected = !present_[number];
    Note(number, NextSequence(number));
    Check(map_.insert_or_assign(MakeKey(number), MakeValue(number)) == expected,
          "owner's insert_or_assign", number);
    if (number % kBlock == 0) Publish(number);
  }

  void EraseOwn(std::uint32_t number) {
    Check(map_.erase(MakeKey(number)) == present_[number], "owner's erase",
          number);
    present_[number] = false;
    FindOwn(number);
  }

  // Some of the owner's keys from a number on: ascending, until the last.
  std::vector<std::uint32_t> SomeOwn(std::uint32_t number, std::size_t most) {
    std::vector<std::uint32_t> numbers;
    while (numbers.size() < most) {
      if (number % kBlock != 0) numbers.push_back(number);
      const std::uint32_t next = NextOwn(number, /*descending=*/false);
      if (next < number) break;
      number = next;
    }
    return numbers;
  }

  void MergeOwn(std::uint32_t first, Random& random) {
    std::vector<std::pair<Key, Value>> entries;
    std::size_t expected = 0;
    const auto numbers =
        SomeOwn(first, static_cast<std::size_t>(1 + random.Below(60)));
    for (const std::uint32_t number : numbers) {
      const Stamp stamp{number, OwnerOf(number), NextSequence(number)};
      entries.emplace_back(MakeKey(number), Stamped<Value>::Write(stamp));
      if (present_[number]) continue;
      ++expected;
      Note(number, stamp.sequence);
    }
    Check(map_.insert_sorted(entries) == expected, "owner's insert_sorted from",
          first);
    for (const std::uint32_t number : numbers) FindOwn(number);
  }

  // What comes and goes in the block of a number.
  void EraseOwnBlock(std::uint32_t number) {
    const std::uint32_t block = number - number % kBlock;
    std::size_t expected = 0;
    for (std::uint32_t i = block + 2; i < block + kBlock; ++i) {
      expected += present_[i] ? 1 : 0;
      present_[i] = false;
    }
    Check(map_.erase_range(MakeKey(block + 1), MakeKey(block + kBlock)) ==
              expected,
          "owner's erase_range of block", block);
    for (std::uint32_t i = block + 2; i < block + kBlock; ++i) FindOwn(i);
  }

  void WriteOwnBatch(std::uint32_t first, bool fill) {
    std::vector<Key> keys;
    std::vector<Value> values;
    std::size_t expected = 0;
    const auto numbers = SomeOwn(first, 20);
    for (const std::uint32_t number : numbers) {
      const Stamp stamp{number, OwnerOf(number), NextSequence(number)};
      keys.push_back(MakeKey(number));
      values.push_back(Stamped<Value>::Write(stamp));
      if (static_cast<bool>(present_[number]) != fill) ++expected;
      if (fill && !present_[number]) Note(number, stamp.sequence);
      if (!fill) present_[number] = false;
    }
    const std::size_t count =
        fill ? map_.insert_batch(keys, values) : map_.erase_batch(keys);
    Check(count == expected, "owner's batch from", first);
    for (const std::uint32_t number : numbers) FindOwn(number);
  }

  void FindOwn(std::uint32_t number) {
    const std::optional<Value> value = map_.find(MakeKey(number));
    Check(value.has_value() == present_[number], "owner's find", number);
    if (!value.has_value() || !present_[number]) return;
    Check(Stamped<Value>::Read(*value) == StampOf(number),
          "owner's find returned another value", number);
  }

  std::uint32_t NextSequence(std::uint32_t number) {
    return ++writer_sequences_[OwnerOf(number)];
  }

  // The release and acquire order the writer's operation before the reader's:
  // from then on its effect must be seen. Under TSan they would also hide races
  // in the map, and the check is left out.
  void Publish(std::uint32_t number) {
    if constexpr (!kThreadSanitizer) {
      published_[number].store(sequences_[number], std::memory_order_release);
    }
  }
  std::uint32_t PublishedSequence(std::uint32_t number) const {
    if constexpr (kThreadSanitizer) return 0;
    return published_[number].load(std::memory_order_acquire);
  }

  void Check(bool holds, const std::string& claim, std::uint32_t number) const {
    if (!holds) on_failure_(claim + " " + std::to_string(number));
  }
  void Check(bool holds, const char* claim, std::uint32_t number) const {
    if (!holds) Check(false, std::string(claim), number);
  }

  const std::uint32_t key_count_;
  const std::uint32_t writer_count_;
  const FailureHandler on_failure_;
  Map map_;
  // By number; written by the owner only. Bytes, not bits: neighbours belong to
  // different threads.
  std::vector<std::uint32_t> sequences_;
  std::vector<char> present_;
  std::vector<std::atomic<std::uint32_t>> published_;
  std::vector<std::uint32_t> writer_sequences_;
};

}  // namespace pma::testing

#endif  // PMA_TESTING_OWNERSHIP_STRESS_H_
