// SPDX-License-Identifier: Apache-2.0

// A random mix of every operation on a DifferentialMap, in phases that make the
// map grow, churn, shrink and start over.

#ifndef PMA_TESTING_RANDOM_OPERATIONS_H_
#define PMA_TESTING_RANDOM_OPERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "pma/testing/random.h"
#include "pma/testing/sample_types.h"

namespace pma::testing {

// What is left of 100 are reads, spread over all of them.
struct WriteShares {
  std::uint64_t insert;
  std::uint64_t erase;
};

// One operation on one of `universe` sample keys.
template <class Checked>
void RunRandomOperation(Checked& checked, Random& random, WriteShares shares,
                        std::uint64_t universe) {
  using Entry = typename Checked::Entry;
  using Key = typename Entry::first_type;
  using Value = typename Entry::second_type;
  const Key key = Sample<Key>::At(random.Below(universe));
  const std::uint64_t percent = random.Below(100);
  if (percent < shares.insert) {
    const Value value = Sample<Value>::At(random.Below(1000));
    switch (random.Below(10)) {
      case 0:
      case 1:
        return checked.Insert(key, value);
      case 2:
        return checked.TryEmplace(key, value);
      case 3:
        return checked.FindOrInsert(key, value);
      case 4:
        return checked.InsertOrVisit(key, value);
      case 5:
        return checked.Exchange(key, value);
      case 6:
        return checked.Upsert(key, value, Sample<Value>::At(1));
      case 7:
        return checked.Compute(key, value);
      default:
        return checked.InsertOrAssign(key, value);
    }
  }
  if (percent < shares.insert + shares.erase) {
    switch (random.Below(8)) {
      case 0:
        return checked.Extract(key);
      case 1:
        return checked.PopFirst();
      case 2:
        return checked.PopLast();
      case 3:
        return checked.Compute(key, std::nullopt);
      case 4:
        return checked.EraseIf(key, Sample<Value>::At(random.Below(3)));
      default:
        return checked.Erase(key);
    }
  }
  const Key other = Sample<Key>::At(random.Below(universe));
  const std::size_t limit = static_cast<std::size_t>(1 + random.Below(30));
  switch (random.Below(26)) {
    case 0:
      return checked.Find(key);
    case 1:
      return checked.Contains(key);
    case 2:
      return checked.Visit(key);
    case 3:
      return checked.First();
    case 4:
      return checked.Last();
    case 5:
      return checked.Floor(key);
    case 6:
      return checked.Ceiling(key);
    case 7:
      return checked.Lower(key);
    case 8:
      return checked.Higher(key);
    case 9:
      return checked.Scan(key, other, limit);
    case 10:
      return checked.ScanReverse(key, other, limit);
    case 11:
      return checked.ScanFrom(key, limit);
    case 12:
      return checked.ScanAll(limit);
    case 13:
      return checked.ScanN(key, limit);
    case 14:
      return checked.Update(key, Sample<Value>::At(random.Below(1000)));
    case 15:
      return checked.CompareExchange(key, Sample<Value>::At(random.Below(3)),
                                     Sample<Value>::At(random.Below(3)));
    case 16:
      return checked.SnapshotScan(key, other, limit);
    case 17:
      return checked.VisitEntry(key);
    case 18:
      return checked.ScanAfter(key, limit);
    case 19:
      return checked.ScanReverseFrom(key, limit);
    case 20:
      return checked.ScanReverseN(key, limit);
    case 21:
      return checked.CountRange(key, other);
    case 22:  // of which these two look at much of the map
      return random.Below(4) > 0 ? checked.VisitEntry(other)
                                 : checked.SplitKeys(limit);
    case 23:
      return checked.WalkByCursor(key, limit);
    case 24:
      return random.Below(4) > 0 ? checked.VisitEntry(other)
                                 : checked.Views(key, other);
    default:
      return checked.CheckSize();
  }
}

template <class Checked>
void RunRandomOperations(Checked& checked, std::uint64_t seed,
                         std::uint64_t universe, int operations_per_phase) {
  constexpr WriteShares kPhases[] = {
      {70, 5},   // grow
      {30, 30},  // churn
      {5, 70},   // shrink
      {60, 10},  // grow again over what shrinking left
      {10, 10},  // read
  };
  Random random(seed);
  for (int round = 0; round < 2; ++round) {
    for (const WriteShares shares : kPhases) {
      for (int i = 0; i < operations_per_phase; ++i) {
        RunRandomOperation(checked, random, shares, universe);
      }
      checked.CheckEverything();
    }
    checked.Clear();
    checked.CheckEverything();
  }
}

}  // namespace pma::testing

#endif  // PMA_TESTING_RANDOM_OPERATIONS_H_
