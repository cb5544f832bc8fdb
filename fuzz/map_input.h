// SPDX-License-Identifier: Apache-2.0

// Bytes as operations on a map, on one thread; each answer is compared with
// absl::btree_map.
//
// Input, after what the fuzz target reads itself:
//   per operation: a byte that indexes kOperations (modulo their number), and
//   the arguments that its row reads. An argument cut off by the end of the
//   input is zero, so every string of bytes is a valid input.
//
// A new operation costs one row in kOperations; it goes to the end, or the
// corpora change their meaning.
//
// PMA_FUZZ_PRINT=1 in the environment prints an input as text while it runs.

#ifndef PMA_FUZZ_MAP_INPUT_H_
#define PMA_FUZZ_MAP_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/byte_reader.h"
#include "pma/testing/describe.h"
#include "pma/testing/differential_map.h"

namespace pma::map_input {

using fuzzing::ByteReader;

// Longer inputs teach nothing that shorter ones cannot, only slower.
inline constexpr int kMaxOperations = 2000;
inline constexpr int kOperationsBetweenChecks = 50;

inline bool Printing() {
  static const bool printing = std::getenv("PMA_FUZZ_PRINT") != nullptr;
  return printing;
}

inline void Print(const std::string& text) {
  if (Printing()) std::fputs(text.c_str(), stderr);
}

// Keys are numbered 0 .. kKeyCount - 1; most take one byte of the input.
inline constexpr std::uint32_t kKeyCount = 4096;

inline std::uint32_t ReadKeyNumber(ByteReader& bytes) {
  const std::uint32_t first = bytes.Next();
  if (first < 0xf0) return first;
  return (first & 0x0f) << 8 | bytes.Next();
}

// A map with its oracle, and the input it takes arguments from. Arguments are
// read into locals first: the order in which a call evaluates them is not
// fixed.
//
// `Kind` says which map, and what the numbers in an input stand for:
//   using Checked = testing::DifferentialMap<...>;
//   static Key KeyAt(std::uint32_t number);
//   static Value ValueAt(std::uint8_t number);
template <class KindT>
struct Session {
  using Kind = KindT;
  using Checked = typename Kind::Checked;
  using Key = typename Checked::Entry::first_type;
  using Value = typename Checked::Entry::second_type;

  template <class... Args>
  explicit Session(ByteReader input, Args&&... args)
      : bytes(input),
        map(
            [](const std::string& mismatch) {
              std::fprintf(stderr, "wrong answer: %s\n", mismatch.c_str());
              std::abort();
            },
            std::forward<Args>(args)...) {}

  Key NextKey() { return Noted(Kind::KeyAt(ReadKeyNumber(bytes))); }
  Value NextValue() { return Noted(Kind::ValueAt(bytes.Next())); }
  std::size_t NextCount() { return Noted(std::size_t{bytes.Next()}); }

  template <class T>
  T Noted(T argument) {
    if (Printing()) Print(" " + testing::Describe(argument));
    return argument;
  }

  ByteReader bytes;
  Checked map;
};

// Up to 255 keys at equal distances, upwards or downwards: what takes many
// single operations otherwise, such as a split of an extent, is one byte away.
template <class S, class F>
void ForEachKeyOfRun(S& s, F f) {
  const std::uint32_t start = s.Noted(ReadKeyNumber(s.bytes));
  const auto count = static_cast<std::uint32_t>(s.NextCount());
  const auto shape = static_cast<std::uint32_t>(s.NextCount());
  const std::uint32_t distance = 1 + shape / 2 % 16;
  const std::uint32_t step =
      shape % 2 == 0 ? distance : kKeyCount - distance;  // modulo kKeyCount
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t number = (start + i * step) % kKeyCount;
    f(S::Kind::KeyAt(number), static_cast<std::uint8_t>(number + i));
  }
}

template <class S>
auto EntriesOfRun(S& s) {
  std::vector<typename S::Checked::Entry> entries;
  ForEachKeyOfRun(s, [&](const auto& key, std::uint8_t value) {
    entries.emplace_back(key, S::Kind::ValueAt(value));
  });
  return entries;
}

template <class S>
struct Operation {
  const char* name;
  void (*run)(S& s);
};

template <class S>
constexpr Operation<S> kOperations[] = {
    {"insert",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.Insert(key, s.NextValue());
     }},
    {"try_emplace",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.TryEmplace(key, s.NextValue());
     }},
    {"insert_or_assign",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.InsertOrAssign(key, s.NextValue());
     }},
    {"erase", [](S& s) { s.map.Erase(s.NextKey()); }},
    {"find", [](S& s) { s.map.Find(s.NextKey()); }},
    {"contains", [](S& s) { s.map.Contains(s.NextKey()); }},
    {"visit", [](S& s) { s.map.Visit(s.NextKey()); }},
    {"first", [](S& s) { s.map.First(); }},
    {"last", [](S& s) { s.map.Last(); }},
    {"floor", [](S& s) { s.map.Floor(s.NextKey()); }},
    {"ceiling", [](S& s) { s.map.Ceiling(s.NextKey()); }},
    {"lower", [](S& s) { s.map.Lower(s.NextKey()); }},
    {"higher", [](S& s) { s.map.Higher(s.NextKey()); }},
    {"scan",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.Scan(lo, s.NextKey());
     }},
    {"scan with stop",
     [](S& s) {
       const auto lo = s.NextKey();
       const auto hi = s.NextKey();
       s.map.Scan(lo, hi, s.NextCount() + 1);
     }},
    {"scan all", [](S& s) { s.map.ScanAll(); }},
    {"scan all with stop", [](S& s) { s.map.ScanAll(s.NextCount() + 1); }},
    {"scan_from", [](S& s) { s.map.ScanFrom(s.NextKey()); }},
    {"scan_from with stop",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.ScanFrom(lo, s.NextCount() + 1);
     }},
    {"scan_reverse",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.ScanReverse(lo, s.NextKey());
     }},
    {"scan_reverse with stop",
     [](S& s) {
       const auto lo = s.NextKey();
       const auto hi = s.NextKey();
       s.map.ScanReverse(lo, hi, s.NextCount() + 1);
     }},
    {"size", [](S& s) { s.map.CheckSize(); }},
    {"clear", [](S& s) { s.map.Clear(); }},
    {"insert a run",
     [](S& s) {
       ForEachKeyOfRun(s, [&](const auto& key, std::uint8_t value) {
         s.map.Insert(key, S::Kind::ValueAt(value));
       });
     }},
    {"overwrite a run",
     [](S& s) {
       ForEachKeyOfRun(s, [&](const auto& key, std::uint8_t value) {
         s.map.InsertOrAssign(key, S::Kind::ValueAt(value));
       });
     }},
    {"erase a run",
     [](S& s) {
       ForEachKeyOfRun(
           s, [&](const auto& key, std::uint8_t) { s.map.Erase(key); });
     }},
    {"erase while scanning",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.EraseWhileScanning(lo, s.NextKey());
     }},
    {"move", [](S& s) { s.map.MoveAround(); }},
    {"scan_n",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.ScanN(lo, s.NextCount());
     }},
    {"find_batch",
     [](S& s) {
       std::vector<typename S::Key> keys;
       ForEachKeyOfRun(
           s, [&](const auto& key, std::uint8_t) { keys.push_back(key); });
       s.map.FindBatch(keys);
     }},
    {"reclaim", [](S& s) { s.map.Reclaim(); }},
    {"find_or_insert",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.FindOrInsert(key, s.NextValue());
     }},
    {"insert_or_visit",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.InsertOrVisit(key, s.NextValue());
     }},
    {"exchange",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.Exchange(key, s.NextValue());
     }},
    {"update",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.Update(key, s.NextValue());
     }},
    {"upsert",
     [](S& s) {
       const auto key = s.NextKey();
       const auto init = s.NextValue();
       s.map.Upsert(key, init, s.NextValue());
     }},
    {"compare_exchange",
     [](S& s) {
       const auto key = s.NextKey();
       const auto expected = s.NextValue();
       s.map.CompareExchange(key, expected, s.NextValue());
     }},
    {"compute",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.Compute(key, s.NextValue());
     }},
    {"compute nothing", [](S& s) { s.map.Compute(s.NextKey(), std::nullopt); }},
    {"erase_if",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.EraseIf(key, s.NextValue());
     }},
    {"extract", [](S& s) { s.map.Extract(s.NextKey()); }},
    {"pop_first", [](S& s) { s.map.PopFirst(); }},
    {"pop_last", [](S& s) { s.map.PopLast(); }},
    {"pop a run from either end",
     [](S& s) {
       const auto count = s.NextCount();
       for (std::size_t i = 0; i < count; ++i) s.map.PopFirst();
       const auto behind = s.NextCount();
       for (std::size_t i = 0; i < behind; ++i) s.map.PopLast();
     }},
    {"snapshot_scan",
     [](S& s) {
       const auto lo = s.NextKey();
       const auto hi = s.NextKey();
       s.map.SnapshotScan(lo, hi, s.NextCount() + 1);
     }},
    {"snapshot_scan of all",
     [](S& s) { s.map.SnapshotScanAll(s.NextCount() + 1); }},
    {"visit_entry", [](S& s) { s.map.VisitEntry(s.NextKey()); }},
    {"scan_after", [](S& s) { s.map.ScanAfter(s.NextKey()); }},
    {"scan_reverse_from", [](S& s) { s.map.ScanReverseFrom(s.NextKey()); }},
    {"scan_reverse_n",
     [](S& s) {
       const auto hi = s.NextKey();
       s.map.ScanReverseN(hi, s.NextCount());
     }},
    {"count_range",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.CountRange(lo, s.NextKey());
     }},
    {"split_keys", [](S& s) { s.map.SplitKeys(s.NextCount()); }},
    {"cursor",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.WalkByCursor(lo, s.NextCount());
     }},
    {"views",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.Views(lo, s.NextKey());
     }},
    {"insert_sorted", [](S& s) { s.map.InsertSorted(EntriesOfRun(s)); }},
    {"erase_range",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.EraseRange(lo, s.NextKey());
     }},
    {"erase_if of all",
     [](S& s) {
       const auto before = s.NextKey();
       s.map.EraseAllIf(before, s.NextValue());
     }},
    {"insert_batch",
     [](S& s) {
       s.map.WriteBatch(S::Checked::Batch::kInsert, EntriesOfRun(s));
     }},
    {"assign_batch",
     [](S& s) {
       s.map.WriteBatch(S::Checked::Batch::kAssign, EntriesOfRun(s));
     }},
    {"erase_batch",
     [](S& s) {
       s.map.WriteBatch(S::Checked::Batch::kErase, EntriesOfRun(s));
     }},
    {"from_sorted", [](S& s) { s.map.MakeAnew(/*clone=*/false); }},
    {"clone", [](S& s) { s.map.MakeAnew(/*clone=*/true); }},
    {"shrink_to_fit", [](S& s) { s.map.ShrinkToFit(); }},
};

// Runs the rest of the input, `around` each operation: around(run) calls run().
template <class S, class Around>
void RunOperations(S& session, Around around) {
  for (int i = 0; i < kMaxOperations && !session.bytes.AtEnd(); ++i) {
    const Operation<S>& operation =
        kOperations<S>[session.bytes.Next() % std::size(kOperations<S>)];
    Print(operation.name);
    around([&] { operation.run(session); });
    Print("\n");
    if (i % kOperationsBetweenChecks == 0) session.map.CheckInvariants();
  }
  session.map.CheckEverything();
}

template <class Kind>
void RunInput(ByteReader bytes) {
  Session<Kind> session(bytes);
  RunOperations(session, [](const auto& run) { run(); });
}

// One of the maps that a fuzz target has: its first byte says which.
struct Variant {
  const char* name;
  void (*run)(ByteReader bytes);
};

template <std::size_t kCount>
void RunVariant(const Variant (&variants)[kCount], ByteReader bytes) {
  const Variant& variant = variants[bytes.Next() % kCount];
  Print(std::string(variant.name) + "\n");
  variant.run(bytes);
}

}  // namespace pma::map_input

#endif  // PMA_FUZZ_MAP_INPUT_H_
