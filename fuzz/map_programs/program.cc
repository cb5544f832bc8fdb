// SPDX-License-Identifier: Apache-2.0

#include "fuzz/map_programs/program.h"

#include <algorithm>
#include <iterator>

namespace pma::map_programs {

using history::OperationKind;

// Ranges reach a quarter of all keys; stopped scans stop after three.
history::Arguments Call::ArgumentsFor(uint64_t unique_value) const {
  using history::ArgumentForm;
  switch (history::SpecOf(kind).arguments) {
    case ArgumentForm::kNone:
      return {};
    case ArgumentForm::kKey:
      return {key};
    case ArgumentForm::kKeyValue:
      return {key, unique_value};
    case ArgumentForm::kRange:
      return {key, key + Program::kKeys / 4u};
    case ArgumentForm::kRangeAndLimit:
      return {key, key + Program::kKeys / 4u, 3};
    case ArgumentForm::kKeyAndLimit:
      return {key, 3};
  }
  return {};
}

void Program::LetCallsMeet(testing::Random& random) {
  constexpr OperationKind kFew[] = {
      OperationKind::kInsert, OperationKind::kErase,
      OperationKind::kInsert, OperationKind::kErase,
      OperationKind::kInsert, OperationKind::kInsertOrAssign,
      OperationKind::kFind,   OperationKind::kScan,
      OperationKind::kClear,  OperationKind::kScanReverse,
      OperationKind::kUpdate, OperationKind::kCompute,
      OperationKind::kUpsert, OperationKind::kExtract};
  constexpr unsigned kNeighbours = 6;
  const size_t shape = random.Below(10);
  if (shape == 7) return ChangeThenLook(random);
  if (shape == 8) return LookBesideChanges(random);
  if (shape == 9) return LookAtOnceBesideChanges(random);
  const size_t first = random.Below(kKeys);
  for (auto& calls : fibers) {
    for (Call& call : calls) {
      if (shape % 3 != 0) {
        call.key =
            static_cast<uint8_t>((first + call.key % kNeighbours) % kKeys);
      }
      if (shape / 3 != 0) {
        call.kind = kFew[static_cast<size_t>(call.kind) % std::size(kFew)];
      }
    }
  }
}

// As in the litmus test of store buffering.
void Program::ChangeThenLook(testing::Random& random) {
  constexpr OperationKind kChanges[] = {OperationKind::kInsert,
                                        OperationKind::kErase,
                                        OperationKind::kInsertOrAssign};
  constexpr OperationKind kLooks[] = {
      OperationKind::kFind, OperationKind::kContains, OperationKind::kScanAll};
  for (auto& fiber : fibers) {
    fiber = {{kChanges[random.Below(std::size(kChanges))],
              static_cast<uint8_t>(random.Below(kKeys))},
             {kLooks[random.Below(std::size(kLooks))], 0}};
  }
  for (size_t f = 0; f < fibers.size(); ++f) {
    fibers[f][1].key = fibers[(f + 1) % fibers.size()][0].key;
  }
}

// Two extents, and room for a run at the end of the first, since the upper half
// of the initial entries comes before the lower one; and the first entry of the
// second one goes: then neighbours of keys there lie in the first. The last
// fiber asks for them, or scans, while the others fill the place up or empty
// it. Few calls: the moments that count are single steps.
void Program::LookBesideChanges(testing::Random& random) {
  constexpr OperationKind kLooks[][4] = {
      {OperationKind::kLower, OperationKind::kFloor, OperationKind::kHigher,
       OperationKind::kCeiling},
      {OperationKind::kScan, OperationKind::kScanAll, OperationKind::kScanFrom,
       OperationKind::kScanReverse}};
  constexpr size_t kMostCalls = 3;
  constexpr unsigned kMiddle = kKeys / 2;
  constexpr unsigned kPlace = 4;
  prefill = Prefill::kHalves;
  if (prefill_count <= kKeys / 2) {
    prefill_count = static_cast<uint8_t>(kKeys / 2 + 1 + prefill_count % 2);
  }
  for (auto& calls : fibers) {
    calls.resize(std::min(calls.size(), kMostCalls));
    const bool erases = random.Below(4) == 0;
    const bool descends = random.Below(2) == 0;
    unsigned key = descends ? kMiddle + kPlace - 1 : kMiddle - kPlace;
    for (Call& call : calls) {
      call = {erases ? OperationKind::kErase : OperationKind::kInsert,
              static_cast<uint8_t>(key)};
      descends ? --key : ++key;
    }
  }
  const auto& looks = kLooks[random.Below(3) == 0];
  std::vector<Call>& last = fibers.back();
  last = {{OperationKind::kErase, kMiddle}};
  while (last.size() < kMostCalls) {
    last.push_back({looks[random.Below(std::size(looks))],
                    static_cast<uint8_t>(kMiddle + random.Below(kPlace))});
  }
}

// Changes all over a range of which the last fiber takes a snapshot, or from
// whose ends it takes entries: what it must not mix are two moments.
void Program::LookAtOnceBesideChanges(testing::Random& random) {
  constexpr OperationKind kChanges[] = {
      OperationKind::kInsert, OperationKind::kErase,
      OperationKind::kInsertOrAssign, OperationKind::kCompute};
  constexpr OperationKind kLooks[] = {
      OperationKind::kSnapshotScan, OperationKind::kSnapshotScan,
      OperationKind::kPopFirst, OperationKind::kPopLast};
  constexpr size_t kMostCalls = 3;
  constexpr unsigned kRange = kKeys / 4;
  const size_t first = random.Below(kKeys - kRange);
  for (auto& calls : fibers) {
    calls.resize(std::min(calls.size(), kMostCalls));
    for (Call& call : calls) {
      call = {kChanges[random.Below(std::size(kChanges))],
              static_cast<uint8_t>(first + random.Below(kRange))};
    }
  }
  for (Call& call : fibers.back()) {
    call = {kLooks[random.Below(std::size(kLooks))],
            static_cast<uint8_t>(first)};
  }
}

std::vector<history::Key> Program::InitialKeys() const {
  std::vector<history::Key> keys;
  const unsigned count = std::min<unsigned>(prefill_count, kKeys / 2);
  for (unsigned i = 0; i < count; ++i) {
    switch (prefill) {
      case Prefill::kAscending:
        keys.push_back(history::Key{2} * i);
        break;
      case Prefill::kDescending:
        keys.push_back(history::Key{2} * (count - 1 - i));
        break;
      case Prefill::kHalves:
        if (prefill_count > count) {
          keys.push_back(history::Key{2} * ((i + count / 2) % count));
        } else {
          keys.push_back(history::Key{2} *
                         (i % 2 == 0 ? i / 2 : (count + i) / 2));
        }
        break;
      case Prefill::kOneEnd:
        keys.push_back(kKeys - 1 - i);
        break;
    }
  }
  return keys;
}

}  // namespace pma::map_programs
