// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/claims.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fuzz/history/history.h"

namespace pma::history {

bool IsRangeRead(const Operation& operation) {
  return SpecOf(operation.kind).range != nullptr;
}

std::vector<Entry> EntriesSeen(const Operation& operation) {
  const Result& result = operation.result;
  switch (SpecOf(operation.kind).result) {
    case ResultForm::kEntries:
      return result.entries;
    case ResultForm::kMaybeEntry:
      if (!result.yes) return {};
      return {{result.key, result.value}};
    default:
      return {};
  }
}

Range ClaimedRange(const Operation& operation) {
  const OperationSpec& spec = SpecOf(operation.kind);
  Range range = spec.range(operation.arguments);
  if (spec.result == ResultForm::kFlag && !operation.result.yes) {
    range.lo = 1;
    range.last = 0;
    return range;
  }
  const std::vector<Entry> seen = EntriesSeen(operation);
  if (!seen.empty() && seen.size() >= range.limit) {
    (range.reverse ? range.lo : range.last) = seen.back().key;
  }
  return range;
}

std::string ShapeError(const Operation& operation) {
  const Range range = SpecOf(operation.kind).range(operation.arguments);
  const std::vector<Entry> seen = EntriesSeen(operation);
  if (seen.size() > range.limit) {
    return "saw " + std::to_string(seen.size()) +
           " entries after its limit of " + std::to_string(range.limit);
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const std::string key = "key " + std::to_string(seen[i].key);
    if (!range.Contains(seen[i].key)) return key + " is out of its range";
    if (i == 0) continue;
    if (seen[i].key == seen[i - 1].key) return key + " was seen twice";
    if ((seen[i].key < seen[i - 1].key) != range.reverse) {
      return key + " is out of order";
    }
  }
  return "";
}

std::vector<Claim> ClaimsAbout(const Operation& operation,
                               std::span<const Key> keys) {
  const Range range = ClaimedRange(operation);
  std::vector<Claim> claims;
  for (auto key = std::ranges::lower_bound(keys, range.lo);
       key != keys.end() && *key <= range.last; ++key) {
    claims.push_back({*key, std::nullopt});
  }
  for (const Entry& entry : EntriesSeen(operation)) {
    const auto claim =
        std::ranges::lower_bound(claims, entry.key, {}, &Claim::key);
    if (claim != claims.end() && claim->key == entry.key) {
      claim->value = entry.value;
    }
  }
  return claims;
}

std::vector<Key> KeysOf(const History& history) {
  std::vector<Key> keys;
  for (const auto& [key, value] : history.initial) keys.push_back(key);
  for (const Operation& operation : history.operations) {
    if (const std::optional<Key> key = OnlyKey(operation)) {
      keys.push_back(*key);
    } else if (IsRangeRead(operation)) {
      // Keys that nobody wrote: only a wrong answer names them.
      for (const Entry& entry : EntriesSeen(operation)) {
        keys.push_back(entry.key);
      }
    }
  }
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  return keys;
}

}  // namespace pma::history
