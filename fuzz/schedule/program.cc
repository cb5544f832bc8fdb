#include "fuzz/schedule/program.h"

#include <algorithm>

namespace pma::schedule {

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

}  // namespace pma::schedule
