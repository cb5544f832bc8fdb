// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/history.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pma::history {
namespace {

using Kind = OperationKind;

// --- Parts of specifications ----------------------------------------------

constexpr Range kNoKeys = {.lo = 1, .last = 0};

Range HalfOpen(Key lo, Key hi, bool reverse, std::uint64_t limit) {
  if (lo >= hi) return kNoKeys;
  return {.reverse = reverse, .lo = lo, .last = hi - 1, .limit = limit};
}

std::vector<Entry> EntriesIn(const Contents& contents, const Range& range) {
  std::vector<Entry> entries;
  if (range.lo > range.last) return entries;
  const auto begin = contents.lower_bound(range.lo);
  const auto end = contents.upper_bound(range.last);
  const auto add = [&](auto from, const auto& to) {
    for (; from != to && entries.size() < range.limit; ++from) {
      entries.push_back({from->first, from->second});
    }
  };
  if (range.reverse) {
    add(std::make_reverse_iterator(end), std::make_reverse_iterator(begin));
  } else {
    add(begin, end);
  }
  return entries;
}

// Rows for operations that look through a range: all of it, or for one entry.

template <Range (*kRange)(const Arguments&)>
Result ApplyScan(Contents& contents, const Arguments& a) {
  return Entries(EntriesIn(contents, kRange(a)));
}

template <Range (*kRange)(const Arguments&)>
Result ApplyNeighbour(Contents& contents, const Arguments& a) {
  const std::vector<Entry> entries = EntriesIn(contents, kRange(a));
  if (entries.empty()) return FoundEntry(std::nullopt);
  return FoundEntry(entries.front());
}

template <Range (*kRange)(const Arguments&)>
constexpr OperationSpec Scan(Kind kind, std::string_view name,
                             ArgumentForm arguments) {
  return {kind,
          name,
          arguments,
          ResultForm::kEntries,
          Promise::kScan,
          Changes::kNever,
          ApplyScan<kRange>,
          kRange};
}

template <Range (*kRange)(const Arguments&)>
constexpr OperationSpec Neighbour(Kind kind, std::string_view name,
                                  ArgumentForm arguments) {
  return {kind,
          name,
          arguments,
          ResultForm::kMaybeEntry,
          Promise::kLinearizable,
          Changes::kNever,
          ApplyNeighbour<kRange>,
          kRange};
}

Range First(const Arguments&) { return {.limit = 1}; }
Range Last(const Arguments&) { return {.reverse = true, .limit = 1}; }
Range Floor(const Arguments& a) {
  return {.reverse = true, .last = a[0], .limit = 1};
}
Range Ceiling(const Arguments& a) { return {.lo = a[0], .limit = 1}; }
Range Lower(const Arguments& a) { return HalfOpen(0, a[0], true, 1); }
Range Higher(const Arguments& a) {
  if (a[0] == ~Key{0}) return kNoKeys;
  return {.lo = a[0] + 1, .limit = 1};
}

constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};

Range Forward(const Arguments& a) {
  return HalfOpen(a[0], a[1], false, kNoLimit);
}
Range Backward(const Arguments& a) {
  return HalfOpen(a[0], a[1], true, kNoLimit);
}
Range All(const Arguments&) { return {}; }
Range From(const Arguments& a) { return {.lo = a[0]}; }
Range FromFirst(const Arguments& a) { return {.lo = a[0], .limit = a[1]}; }
Range UpTo(const Arguments& a) { return {.reverse = true, .last = a[0]}; }
Range UpToFirst(const Arguments& a) {
  return {.reverse = true, .last = a[0], .limit = a[1]};
}
Range After(const Arguments& a) {
  if (a[0] == ~Key{0}) return kNoKeys;
  return {.lo = a[0] + 1};
}
// A callback can stop a scan only after it has seen one entry.
Range ForwardFirst(const Arguments& a) {
  return HalfOpen(a[0], a[1], false, std::max<std::uint64_t>(a[2], 1));
}
Range BackwardFirst(const Arguments& a) {
  return HalfOpen(a[0], a[1], true, std::max<std::uint64_t>(a[2], 1));
}

// Rows for operations that answer with what was there, and then let
// kChange(contents, key, value, present) do what they do.
void Put(Contents& contents, Key key, Value value, bool) {
  contents.insert_or_assign(key, value);
}
void PutIfPresent(Contents& contents, Key key, Value value, bool present) {
  if (present) contents.insert_or_assign(key, value);
}
void PutIfAbsent(Contents& contents, Key key, Value value, bool present) {
  if (!present) contents.insert_or_assign(key, value);
}
void PutOrErase(Contents& contents, Key key, Value value, bool present) {
  present ? void(contents.erase(key)) : void(contents.emplace(key, value));
}
void EraseIt(Contents& contents, Key key, Value, bool) { contents.erase(key); }

template <void (*kChange)(Contents&, Key, Value, bool)>
Result ApplyChange(Contents& contents, const Arguments& a) {
  const auto found = contents.find(a[0]);
  const bool present = found != contents.end();
  const Result answer =
      Found(present ? std::optional(found->second) : std::nullopt);
  kChange(contents, a[0], a[1], present);
  return answer;
}

template <void (*kChange)(Contents&, Key, Value, bool)>
constexpr OperationSpec Change(Kind kind, std::string_view name,
                               ArgumentForm arguments, Changes changes) {
  return {kind,
          name,
          arguments,
          ResultForm::kMaybeValue,
          Promise::kLinearizable,
          changes,
          ApplyChange<kChange>,
          nullptr};
}

// Takes the entry that a neighbour's row finds.
template <Range (*kRange)(const Arguments&)>
Result ApplyPop(Contents& contents, const Arguments& a) {
  const Result result = ApplyNeighbour<kRange>(contents, a);
  if (result.yes) contents.erase(result.key);
  return result;
}

template <Range (*kRange)(const Arguments&)>
constexpr OperationSpec Pop(Kind kind, std::string_view name) {
  return {kind,
          name,
          ArgumentForm::kNone,
          ResultForm::kMaybeEntry,
          Promise::kLinearizable,
          Changes::kIfYes,
          ApplyPop<kRange>,
          kRange};
}

Result ApplyInsert(Contents& contents, const Arguments& a) {
  return Flag(contents.try_emplace(a[0], a[1]).second);
}

Result ApplyErase(Contents& contents, const Arguments& a) {
  return Flag(contents.erase(a[0]) != 0);
}

Result ApplyEraseIf(Contents& contents, const Arguments& a) {
  const auto found = contents.find(a[0]);
  if (found == contents.end() || found->second % 2 == 0) return Flag(false);
  contents.erase(found);
  return Flag(true);
}

// --- The table ------------------------------------------------------------

constexpr OperationSpec kTable[] = {
    {Kind::kInsert, "insert", ArgumentForm::kKeyValue, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kIfYes, ApplyInsert, nullptr},
    {Kind::kTryEmplace, "try_emplace", ArgumentForm::kKeyValue,
     ResultForm::kFlag, Promise::kLinearizable, Changes::kIfYes, ApplyInsert,
     nullptr},
    {Kind::kInsertOrAssign, "insert_or_assign", ArgumentForm::kKeyValue,
     ResultForm::kFlag, Promise::kLinearizable, Changes::kAlways,
     [](Contents& contents, const Arguments& a) {
       return Flag(contents.insert_or_assign(a[0], a[1]).second);
     },
     nullptr},
    {Kind::kErase, "erase", ArgumentForm::kKey, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kIfYes, ApplyErase, nullptr},
    {Kind::kFind, "find", ArgumentForm::kKey, ResultForm::kMaybeValue,
     Promise::kLinearizable, Changes::kNever,
     [](Contents& contents, const Arguments& a) {
       const auto found = contents.find(a[0]);
       if (found == contents.end()) return Found(std::nullopt);
       return Found(found->second);
     },
     nullptr},
    {Kind::kContains, "contains", ArgumentForm::kKey, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kNever,
     [](Contents& contents, const Arguments& a) {
       return Flag(contents.contains(a[0]));
     },
     nullptr},
    Neighbour<First>(Kind::kFirst, "first", ArgumentForm::kNone),
    Neighbour<Last>(Kind::kLast, "last", ArgumentForm::kNone),
    Neighbour<Floor>(Kind::kFloor, "floor", ArgumentForm::kKey),
    Neighbour<Ceiling>(Kind::kCeiling, "ceiling", ArgumentForm::kKey),
    Neighbour<Lower>(Kind::kLower, "lower", ArgumentForm::kKey),
    Neighbour<Higher>(Kind::kHigher, "higher", ArgumentForm::kKey),
    Scan<Forward>(Kind::kScan, "scan", ArgumentForm::kRange),
    Scan<All>(Kind::kScanAll, "scan_all", ArgumentForm::kNone),
    Scan<From>(Kind::kScanFrom, "scan_from", ArgumentForm::kKey),
    Scan<Backward>(Kind::kScanReverse, "scan_reverse", ArgumentForm::kRange),
    Scan<ForwardFirst>(Kind::kScanFirst, "scan_first",
                       ArgumentForm::kRangeAndLimit),
    Scan<BackwardFirst>(Kind::kScanReverseFirst, "scan_reverse_first",
                        ArgumentForm::kRangeAndLimit),
    {Kind::kClear, "clear", ArgumentForm::kNone, ResultForm::kNothing,
     Promise::kLinearizable, Changes::kAlways,
     [](Contents& contents, const Arguments&) {
       contents.clear();
       return Nothing();
     },
     nullptr},
    {Kind::kSize, "size", ArgumentForm::kNone, ResultForm::kCount,
     Promise::kApproximate, Changes::kNever,
     [](Contents& contents, const Arguments&) {
       return Count(contents.size());
     },
     nullptr},
    {Kind::kEmpty, "empty", ArgumentForm::kNone, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kNever,
     [](Contents& contents, const Arguments&) {
       return Flag(contents.empty());
     },
     All},
    Scan<Forward>(Kind::kFindBatch, "find_batch", ArgumentForm::kRange),
    Scan<FromFirst>(Kind::kScanN, "scan_n", ArgumentForm::kKeyAndLimit),
    Change<Put>(Kind::kExchange, "exchange", ArgumentForm::kKeyValue,
                Changes::kAlways),
    Change<PutIfPresent>(Kind::kUpdate, "update", ArgumentForm::kKeyValue,
                         Changes::kIfYes),
    Change<Put>(Kind::kUpsert, "upsert", ArgumentForm::kKeyValue,
                Changes::kAlways),
    Change<PutIfAbsent>(Kind::kFindOrInsert, "find_or_insert",
                        ArgumentForm::kKeyValue, Changes::kAlways),
    Change<PutOrErase>(Kind::kCompute, "compute", ArgumentForm::kKeyValue,
                       Changes::kAlways),
    {Kind::kEraseIf, "erase_if", ArgumentForm::kKey, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kIfYes, ApplyEraseIf, nullptr},
    Change<EraseIt>(Kind::kExtract, "extract", ArgumentForm::kKey,
                    Changes::kIfYes),
    Pop<First>(Kind::kPopFirst, "pop_first"),
    Pop<Last>(Kind::kPopLast, "pop_last"),
    {Kind::kSnapshotScan, "snapshot_scan", ArgumentForm::kRange,
     ResultForm::kEntries, Promise::kLinearizable, Changes::kNever,
     ApplyScan<Forward>, Forward},
    Scan<After>(Kind::kScanAfter, "scan_after", ArgumentForm::kKey),
    Scan<UpTo>(Kind::kScanReverseFrom, "scan_reverse_from", ArgumentForm::kKey),
    Scan<UpToFirst>(Kind::kScanReverseN, "scan_reverse_n",
                    ArgumentForm::kKeyAndLimit),
    Scan<Forward>(Kind::kScanColumns, "scan_columns", ArgumentForm::kRange),
    Scan<From>(Kind::kWalk, "walk", ArgumentForm::kKey),
    Scan<UpTo>(Kind::kWalkBack, "walk_back", ArgumentForm::kKey),
    {Kind::kCountOne, "count_one", ArgumentForm::kKey, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kNever,
     [](Contents& contents, const Arguments& a) {
       return Flag(contents.contains(a[0]));
     },
     nullptr},
    {Kind::kCountRange, "count_range", ArgumentForm::kRange, ResultForm::kCount,
     Promise::kApproximate, Changes::kNever,
     [](Contents& contents, const Arguments& a) {
       return Count(EntriesIn(contents, Forward(a)).size());
     },
     nullptr},
    {Kind::kVisitEntry, "visit_entry", ArgumentForm::kKey,
     ResultForm::kMaybeValue, Promise::kLinearizable, Changes::kNever,
     [](Contents& contents, const Arguments& a) {
       const auto found = contents.find(a[0]);
       if (found == contents.end()) return Found(std::nullopt);
       return Found(found->second);
     },
     nullptr},
    {Kind::kInsertSorted, "insert_sorted", ArgumentForm::kKeyValue,
     ResultForm::kFlag, Promise::kLinearizable, Changes::kIfYes, ApplyInsert,
     nullptr},
    {Kind::kEraseRange, "erase_range", ArgumentForm::kKey, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kIfYes, ApplyErase, nullptr},
    {Kind::kEraseAllIf, "erase_all_if", ArgumentForm::kKey, ResultForm::kFlag,
     Promise::kLinearizable, Changes::kIfYes, ApplyEraseIf, nullptr},
    {Kind::kInsertSortedUntold, "insert_sorted_untold", ArgumentForm::kKeyValue,
     ResultForm::kNothing, Promise::kLinearizable, Changes::kAlways,
     [](Contents& contents, const Arguments& a) {
       contents.try_emplace(a[0], a[1]);
       return Nothing();
     },
     nullptr},
};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < std::size(kTable); ++i) {
    if (static_cast<std::size_t>(kTable[i].kind) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "the rows stand in the order of OperationKind");

}  // namespace

const OperationSpec& SpecOf(OperationKind kind) {
  return kTable[static_cast<std::size_t>(kind)];
}

std::span<const OperationSpec> AllOperations() { return kTable; }

const OperationSpec* FindSpec(std::string_view name) {
  const auto* const found =
      std::ranges::find(kTable, name, &OperationSpec::name);
  return found == std::end(kTable) ? nullptr : &*found;
}

bool CanChange(const Operation& operation) {
  switch (SpecOf(operation.kind).changes) {
    case Changes::kNever:
      return false;
    case Changes::kIfYes:
      return operation.result.yes;
    case Changes::kAlways:
      return true;
  }
  return true;
}

std::optional<Key> OnlyKey(const Operation& operation) {
  const OperationSpec& spec = SpecOf(operation.kind);
  if (spec.range != nullptr) return std::nullopt;
  if (spec.arguments != ArgumentForm::kKey &&
      spec.arguments != ArgumentForm::kKeyValue) {
    return std::nullopt;
  }
  return operation.arguments[0];
}

bool ApplyIfExplained(Contents& contents, const Operation& operation) {
  const OperationSpec& spec = SpecOf(operation.kind);
  if (spec.changes == Changes::kNever) {
    return spec.apply(contents, operation.arguments) == operation.result;
  }
  const std::optional<Key> key = OnlyKey(operation);
  if (!key.has_value()) {
    Contents after = contents;
    if (spec.apply(after, operation.arguments) != operation.result) {
      return false;
    }
    contents = std::move(after);
    return true;
  }
  // Cheaper than a copy of everything: put the one entry back.
  const auto found = contents.find(*key);
  std::optional<Value> before;
  if (found != contents.end()) before = found->second;
  if (spec.apply(contents, operation.arguments) == operation.result) {
    return true;
  }
  if (before.has_value()) {
    contents.insert_or_assign(*key, *before);
  } else {
    contents.erase(*key);
  }
  return false;
}

std::vector<Operation> AsInsertions(const Operation& call,
                                    std::span<const Entry> entries,
                                    std::uint64_t inserted) {
  std::vector<Operation> parts(entries.size(), call);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].arguments = {entries[i].key, entries[i].value};
    if (inserted == 0 || inserted == entries.size()) {
      parts[i].kind = Kind::kInsertSorted;
      parts[i].result = Flag(inserted != 0);
    } else {
      parts[i].kind = Kind::kInsertSortedUntold;
      parts[i].result = Nothing();
    }
  }
  return parts;
}

bool OfOneCall(const Operation& a, const Operation& b) {
  return a.kind == b.kind && a.thread == b.thread && a.invoked == b.invoked &&
         a.returned == b.returned &&
         (a.kind == Kind::kInsertSorted || a.kind == Kind::kInsertSortedUntold);
}

std::string StampChecker::Check(const Operation& operation) {
  if (operation.returned < operation.invoked) {
    return "it returned before it was invoked";
  }
  Operation& last = last_[operation.thread];
  if (operation.invoked < last.returned && !OfOneCall(last, operation)) {
    return "it was invoked before its thread's last operation returned";
  }
  last = {.kind = operation.kind,
          .thread = operation.thread,
          .invoked = operation.invoked,
          .returned = operation.returned};
  return "";
}

}  // namespace pma::history
