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
      OperationKind::kClear,  OperationKind::kScanReverse};
  constexpr unsigned kNeighbours = 6;
  const size_t shape = random.Below(8);
  if (shape == 7) {
    ChangeThenLook(random);
    return;
  }
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
  for (size_t f = 0; f < fibers.size(); ++f) {
    fibers[f] = {{kChanges[random.Below(std::size(kChanges))],
                  static_cast<uint8_t>(random.Below(kKeys))},
                 {kLooks[random.Below(std::size(kLooks))], 0}};
  }
  for (size_t f = 0; f < fibers.size(); ++f) {
    fibers[f][1].key = fibers[(f + 1) % fibers.size()][0].key;
  }
}

std::vector<history::Key> Program::InitialKeys() const {
  std::vector<history::Key> keys;
  const unsigned count = std::min<unsigned>(prefill_count, kKeys / 2);
  for (unsigned i = 0; i < count; ++i) {
    switch (prefill) {
      case Prefill::kAscending:
        keys.push_back(2 * i);
        break;
      case Prefill::kDescending:
        keys.push_back(2 * (count - 1 - i));
        break;
      case Prefill::kInterleaved:
        keys.push_back(2 * (i % 2 == 0 ? i / 2 : (count + i) / 2));
        break;
      case Prefill::kOneEnd:
        keys.push_back(kKeys - 1 - i);
        break;
    }
  }
  return keys;
}

}  // namespace pma::map_programs
