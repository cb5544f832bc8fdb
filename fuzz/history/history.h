// SPDX-License-Identifier: Apache-2.0

// Histories: what threads asked of an ordered map, when, and what it answered.
//
// A history is the material of every checker in this folder:
//
//   linearizability.h   short histories, the whole map, any precedence
//   per_key.h           long histories, key by key, precedence by time
//   text_format.h       the same on paper, for anyone else's checker
//
// An operation's meaning is its row in the table (history.cc): its name, how
// its arguments and its result look, and its specification on a
// absl::btree_map. Checkers, printer and parser know nothing else, so that a
// new operation costs an enumerator and a row.
//
// Keys and values are 64-bit words. Nothing here knows the map that is judged.

#ifndef PMA_FUZZ_HISTORY_HISTORY_H_
#define PMA_FUZZ_HISTORY_HISTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"

namespace pma::history {

using Key = std::uint64_t;
using Value = std::uint64_t;

// What an ordered map holds: the state of the specification.
using Contents = absl::btree_map<Key, Value>;

struct Entry {
  Key key = 0;
  Value value = 0;

  friend bool operator==(const Entry&, const Entry&) = default;
};

// --- Operations -----------------------------------------------------------

// The order of the rows of the table. New ones go to the end.
enum class OperationKind : std::uint8_t {
  kInsert,
  kTryEmplace,
  kInsertOrAssign,
  kErase,
  kFind,
  kContains,
  kFirst,
  kLast,
  kFloor,
  kCeiling,
  kLower,
  kHigher,
  kScan,              // [lo, hi), ascending
  kScanAll,           // ascending
  kScanFrom,          // keys >= lo, ascending
  kScanReverse,       // [lo, hi), descending
  kScanFirst,         // as kScan, stopped by its callback after a few entries
  kScanReverseFirst,  // as kScanReverse, stopped likewise
  kClear,
  kSize,
  kEmpty,
  kFindBatch,  // of all keys of [lo, hi); promises what a scan does
  kScanN,      // the first few keys >= lo, ascending
  // Those that follow answer with what was there before.
  kExchange,
  kUpdate,        // puts the value if the key is present
  kUpsert,        // puts the value, by another function if the key is present
  kFindOrInsert,  // puts the value if the key is absent
  kCompute,       // puts the value if the key is absent, else erases
  kEraseIf,       // erases if the value is odd
  kExtract,
  kPopFirst,
  kPopLast,
  kSnapshotScan,     // as kScan, all at one instant
  kScanAfter,        // keys > lo, ascending
  kScanReverseFrom,  // keys <= hi, descending
  kScanReverseN,     // the first few of those
  kScanColumns,      // as kScan, by arrays where there are columns
  kWalk,             // keys >= lo, ascending, by a cursor
  kWalkBack,         // keys <= hi, descending, by a cursor
  kCountOne,         // whether a key is there, by counting from it to the next
  kCountRange,       // the keys of [lo, hi)
  kVisitEntry,       // as kFind, of the key as it is stored
  // Operations on many keys make no claim but about each of them, so that they
  // are asked about one, by which they do all the same things.
  kInsertSorted,
  kEraseRange,
  kEraseAllIf,
  // Of several entries it tells how many were new. If that is some of them, it
  // is not known which (AsInsertions).
  kInsertSortedUntold,
};

// The words of an operation, in the order in which they are written.
enum class ArgumentForm : std::uint8_t {
  kNone,
  kKey,
  kKeyValue,
  kRange,          // lo, hi
  kRangeAndLimit,  // lo, hi, the greatest number of entries
  kKeyAndLimit,    // lo, the greatest number of entries
};

// Which members of a Result an operation uses; the others keep their defaults.
enum class ResultForm : std::uint8_t {
  kNothing,
  kFlag,        // yes
  kMaybeValue,  // yes, and if so value
  kMaybeEntry,  // yes, and if so key and value
  kEntries,     // entries, in the order in which they were seen
  kCount,       // value
};

struct Result {
  bool yes = false;
  Key key = 0;
  Value value = 0;
  std::vector<Entry> entries = {};

  friend bool operator==(const Result&, const Result&) = default;
};

// What a checker may expect of an operation.
enum class Promise : std::uint8_t {
  kLinearizable,  // takes effect at one instant of its interval
  kScan,          // reads each key of its range at some instant of the interval
  kApproximate,   // a count, off by at most the changes under way
};

// When an operation can change the map.
enum class Changes : std::uint8_t {
  kNever,
  kIfYes,  // only if its result says yes: a refused insert is a read
  kAlways,
};

using Arguments = std::array<std::uint64_t, 3>;

// Which keys an operation looks at: those in [lo, last] from one end to the
// other, until it has seen `limit` entries.
struct Range {
  bool reverse = false;
  Key lo = 0;
  Key last = ~Key{0};  // below lo: the range is empty
  std::uint64_t limit = ~std::uint64_t{0};

  bool Contains(Key key) const { return lo <= key && key <= last; }
};

// One row of the table.
struct OperationSpec {
  OperationKind kind;
  std::string_view name;
  ArgumentForm arguments;
  ResultForm result;
  Promise promise;
  Changes changes;
  // The specification: what the operation does to a map that nobody else uses,
  // and its answer.
  Result (*apply)(Contents& contents, const Arguments& arguments);
  // The range of an operation that says something about several keys (scans,
  // but also neighbours, which look for one entry); null for all others.
  Range (*range)(const Arguments& arguments);
};

const OperationSpec& SpecOf(OperationKind kind);
// The whole table, by OperationKind.
std::span<const OperationSpec> AllOperations();
// The row of that name, or null.
const OperationSpec* FindSpec(std::string_view name);

// --- Histories ------------------------------------------------------------

// One call. `invoked` and `returned` are stamps of one clock for all threads:
// read before the call begins, and after it has returned. Checkers that are
// given precedence in another form do not look at them.
struct Operation {
  OperationKind kind = OperationKind::kInsert;
  std::uint32_t thread = 0;
  std::uint64_t invoked = 0;
  std::uint64_t returned = 0;
  Arguments arguments = {};
  Result result = {};

  friend bool operator==(const Operation&, const Operation&) = default;
};

// Operations of one thread stand in the order in which it called them; those of
// different threads in any order.
struct History {
  Contents initial;  // before the first operation
  std::vector<Operation> operations;

  friend bool operator==(const History&, const History&) = default;
};

// Whether this operation, with the result that it had, can have changed the
// map.
bool CanChange(const Operation& operation);

// The only key that this operation can read or change, if there is but one.
std::optional<Key> OnlyKey(const Operation& operation);

// Does the operation on `contents` if the specification answers there what the
// operation did; otherwise leaves `contents` alone. Returns whether it did.
bool ApplyIfExplained(Contents& contents, const Operation& operation);

// What a call of insert_sorted says that has been given `entries` and answered
// that `inserted` of them were new: each is an insertion of its own, at some
// instant of the call.
std::vector<Operation> AsInsertions(const Operation& call,
                                    std::span<const Entry> entries,
                                    std::uint64_t inserted);

// Whether these can be parts of one call, which are in no order.
bool OfOneCall(const Operation& a, const Operation& b);

// Stamps that no clock gives: given the operations of a history one after the
// other, says what is wrong with one, or nothing.
class StampChecker {
 public:
  std::string Check(const Operation& operation);

 private:
  std::map<std::uint32_t, Operation> last_;  // by thread
};

// --- Building operations --------------------------------------------------
//
//   Operation{.kind = kFind, .thread = 1, .arguments = {7}, .result =
//   Found(70)}

inline Result Nothing() { return {}; }
inline Result Flag(bool yes) { return {.yes = yes}; }
inline Result Count(std::uint64_t count) { return {.value = count}; }
inline Result Found(std::optional<Value> value) {
  return {.yes = value.has_value(), .value = value.value_or(0)};
}
inline Result FoundEntry(std::optional<Entry> entry) {
  if (!entry.has_value()) return {};
  return {.yes = true, .key = entry->key, .value = entry->value};
}
inline Result Entries(std::vector<Entry> entries) {
  return {.entries = std::move(entries)};
}

}  // namespace pma::history

#endif  // PMA_FUZZ_HISTORY_HISTORY_H_
