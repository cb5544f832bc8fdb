// SPDX-License-Identifier: Apache-2.0

// The layer of one thread: random operations on a map and on absl::btree_map,
// allocations that fail in between, and all memory back in the end.

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/mutants/judge.h"
#include "fuzz/mutants/trial_types.h"
#include "pma/options.h"
#include "pma/testing/counting_allocator.h"
#include "pma/testing/differential_map.h"
#include "pma/testing/random.h"

namespace pma::mutants {
namespace {

using pma::testing::Random;

// DifferentialMap makes its own allocator, so all of them share one ledger.
testing::AllocationLedger* ledger = nullptr;

template <class T>
struct LedgerAllocator {
  using value_type = T;
  LedgerAllocator() = default;
  template <class U>
  LedgerAllocator(const LedgerAllocator<U>&) {}  // NOLINT: allocators convert
  T* allocate(size_t count) {
    return static_cast<T*>(ledger->Allocate(count * sizeof(T), alignof(T)));
  }
  void deallocate(T* block, size_t count) {
    ledger->Deallocate(block, count * sizeof(T), alignof(T));
  }
  friend bool operator==(const LedgerAllocator&, const LedgerAllocator&) {
    return true;
  }
};

using Subject =
    testing::DifferentialMap<TrialKey, TrialWord, TrialOrder, TinyTuning,
                             LedgerAllocator<std::byte>>;

constexpr uint64_t kKeys = 200;
constexpr int kOperations = 600;

// An insertion during which the n-th allocation fails. If it succeeds all the
// same, it is taken back.
void InsertWithoutMemory(Subject& subject, uint64_t key, int64_t n) {
  if (subject.oracle().contains(key)) return;
  bool inserted = false;
  ledger->FailNth(n);
  try {
    inserted = subject.map().insert(key, key);
  } catch (const std::bad_alloc&) {
    subject.CheckInvariants();
  }
  ledger->NeverFail();
  if (inserted) subject.map().erase(TrialKey(key));
}

// What falls empty by that cannot be given back then.
void EraseWithoutMemory(Subject& subject, uint64_t key) {
  ledger->RefuseBlocksFrom(0);
  for (uint64_t i = 0; i < 25; ++i) subject.Erase(key + i);
  ledger->RefuseBlocksFrom(~size_t{0});
}

// `insertions` of a hundred choices insert.
void OneOperation(Subject& subject, Random& random, uint64_t insertions) {
  const uint64_t key = random.Below(kKeys);
  const uint64_t value = random.Next() >> 8;
  const uint64_t choice = random.Below(100);
  if (choice < insertions) return subject.Insert(key, value);
  switch (random.Below(25)) {
    case 0:
      return subject.InsertOrAssign(key, value);
    case 1:
      return subject.TryEmplace(key, value);
    case 2:
      return subject.Find(key);
    case 3:
      return subject.Floor(key);
    case 4:
      return subject.Ceiling(key);
    case 5:
      return subject.Lower(key);
    case 6:
      return subject.Higher(key);
    case 7:
      return subject.Scan(key, key + random.Below(40));
    case 8:
      return subject.ScanReverse(key, key + random.Below(40));
    case 9:
      return InsertWithoutMemory(subject, key,
                                 1 + static_cast<int64_t>(random.Below(6)));
    case 10:
      for (uint64_t i = random.Below(12); i > 0; --i) subject.PopFirst();
      return;
    case 11:
      for (uint64_t i = random.Below(12); i > 0; --i) subject.PopLast();
      return;
    case 12:
      return EraseWithoutMemory(subject, key);
    case 13:
      return subject.CountRange(key, key + random.Below(kKeys));
    case 14:
      return subject.WalkByCursor(key, random.Below(20));
    case 15:
      return subject.Views(key, key + random.Below(40));
    case 16:
      return subject.Reclaim();
    default:
      return subject.Erase(key);
  }
}

// Operations on many keys among those on one.
void OneBulkOperation(Subject& subject, Random& random, uint64_t insertions) {
  const uint64_t key = random.Below(kKeys);
  const auto some = [&](uint64_t most) {
    std::vector<Subject::Entry> entries;
    for (uint64_t n = random.Below(most); n > 0; --n) {
      entries.emplace_back(random.Below(kKeys), random.Next() >> 8);
    }
    return entries;
  };
  switch (random.Below(40)) {
    case 0:
      return subject.InsertSorted(some(60));
    case 1:
    case 2:
      return subject.InsertSorted(some(8));
    case 3:
    case 4:
      return subject.EraseRange(key, key + random.Below(60));
    case 5:
      return subject.EraseAllIf(random.Below(kKeys / 8), key);
    case 6:
      return subject.WriteBatch(Subject::Batch::kInsert, some(40));
    case 7:
      return subject.WriteBatch(Subject::Batch::kAssign, some(40));
    case 8:
      return subject.WriteBatch(Subject::Batch::kErase, some(40));
    case 9:
      return subject.MakeAnew(/*clone=*/key % 2 == 0);
    case 10:
      return subject.ShrinkToFit();
    default:
      return OneOperation(subject, random, insertions);
  }
}

using Operate = void (*)(Subject& subject, Random& random, uint64_t insertions);

template <Operate kOperate>
std::string Run(uint64_t number) {
  testing::AllocationLedger ledger_of_trial;
  ledger = &ledger_of_trial;
  std::string failure;
  {
    Subject subject([&failure](const std::string& message) {
      if (failure.empty()) failure = message;
    });
    Random random(number);
    for (int i = 0; i < kOperations && failure.empty(); ++i) {
      // The map fills up, and empties again.
      kOperate(subject, random, i < kOperations * 2 / 3 ? 60 : 15);
      if (i % 100 == 99) subject.CheckEverything();
    }
    if (failure.empty()) subject.MoveAround();
    if (failure.empty() && AnyReservationLeft<DefaultTuning::Platform>()) {
      failure = "a reservation is left when all operations are over";
    }
  }
  if (failure.empty() && ledger_of_trial.live_bytes() != 0) {
    failure = "the map leaves memory behind";
  }
  if (failure.empty() && ledger_of_trial.wrong_deallocations() != 0) {
    failure = "memory is given back twice, or in another size";
  }
  return failure;
}

}  // namespace

Trial FindLayer(std::string_view name) {
  if (name == "oracle") return Run<OneOperation>;
  return name == "bulk" ? Run<OneBulkOperation> : nullptr;
}

std::string_view LayerNames() { return "oracle, bulk"; }

}  // namespace pma::mutants
