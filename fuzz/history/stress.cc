// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/stress.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

#include "fuzz/history/history.h"

namespace pma::history {
namespace {

using Kind = OperationKind;

// Everything, so that whatever two operations do to each other can happen.
constexpr Share kEverything[] = {
    {Kind::kInsert, 12},
    {Kind::kTryEmplace, 6},
    {Kind::kInsertOrAssign, 12},
    {Kind::kErase, 18},
    {Kind::kFind, 8},
    {Kind::kContains, 4},
    {Kind::kFirst, 3},
    {Kind::kLast, 3},
    {Kind::kFloor, 4},
    {Kind::kCeiling, 4},
    {Kind::kLower, 4},
    {Kind::kHigher, 4},
    {Kind::kScan, 4},
    {Kind::kScanAll, 2},
    {Kind::kScanFrom, 2},
    {Kind::kScanN, 2},
    {Kind::kFindBatch, 3},
    {Kind::kScanReverse, 4},
    {Kind::kScanFirst, 2},
    {Kind::kScanReverseFirst, 2},
    {Kind::kClear, 1},
    {Kind::kSize, 2},
    {Kind::kEmpty, 2},
    {Kind::kExchange, 4},
    {Kind::kUpdate, 4},
    {Kind::kUpsert, 4},
    {Kind::kFindOrInsert, 4},
    {Kind::kCompute, 6},
    {Kind::kEraseIf, 4},
    {Kind::kExtract, 3},
    {Kind::kPopFirst, 2},
    {Kind::kPopLast, 2},
    {Kind::kSnapshotScan, 4},
    {Kind::kScanAfter, 2},
    {Kind::kScanReverseFrom, 2},
    {Kind::kScanReverseN, 2},
    {Kind::kScanColumns, 2},
    {Kind::kWalk, 3},
    {Kind::kWalkBack, 3},
    {Kind::kCountOne, 3},
    {Kind::kCountRange, 3},
    {Kind::kVisitEntry, 3},
    {Kind::kInsertSorted, 4},
    {Kind::kEraseRange, 3},
    {Kind::kEraseAllIf, 1},
};

constexpr Share kContended[] = {
    {Kind::kInsert, 15},         {Kind::kTryEmplace, 5},
    {Kind::kInsertOrAssign, 20}, {Kind::kErase, 25},
    {Kind::kFind, 15},           {Kind::kContains, 5},
    {Kind::kFloor, 3},           {Kind::kHigher, 3},
    {Kind::kScanAll, 4},         {Kind::kFindBatch, 2},
    {Kind::kExchange, 4},        {Kind::kUpdate, 8},
    {Kind::kUpsert, 4},          {Kind::kCompute, 8},
    {Kind::kExtract, 4},         {Kind::kSnapshotScan, 4},
    {Kind::kInsertSorted, 3},    {Kind::kEraseRange, 3},
    {Kind::kEraseAllIf, 1},
};

constexpr Share kRanges[] = {
    {Kind::kInsert, 20},   {Kind::kInsertOrAssign, 10},  {Kind::kErase, 24},
    {Kind::kScan, 12},     {Kind::kScanReverse, 8},      {Kind::kScanN, 4},
    {Kind::kScanFirst, 4}, {Kind::kScanReverseFirst, 4}, {Kind::kScanAll, 2},
    {Kind::kFloor, 4},     {Kind::kCeiling, 4},          {Kind::kLower, 4},
    {Kind::kHigher, 4},    {Kind::kFindBatch, 4},        {Kind::kWalk, 4},
    {Kind::kWalkBack, 4},  {Kind::kScanReverseN, 4},
};

constexpr Share kChurn[] = {
    {Kind::kInsert, 32}, {Kind::kInsertOrAssign, 8}, {Kind::kErase, 32},
    {Kind::kFind, 16},   {Kind::kScan, 4},           {Kind::kScanReverse, 4},
    {Kind::kFloor, 2},   {Kind::kCeiling, 2},        {Kind::kFindBatch, 2},
};

// In thousandths: clear() stops every writer.
constexpr Share kClears[] = {
    {Kind::kInsert, 500}, {Kind::kInsertOrAssign, 100},
    {Kind::kErase, 80},   {Kind::kFind, 180},
    {Kind::kScan, 60},    {Kind::kFirst, 20},
    {Kind::kLast, 20},    {Kind::kEmpty, 20},
    {Kind::kSize, 10},    {Kind::kClear, 10},
};

constexpr Workload kWorkloads[] = {
    {.name = "rounds",
     .purpose = "every operation on 12 keys, each round searched as a whole",
     .short_rounds = true,
     .keys = 12,
     .longest_range = 12,
     .shares = kEverything},
    {.name = "rounds-few-keys",
     .purpose = "every operation on 3 keys, each round searched as a whole",
     .short_rounds = true,
     .keys = 3,
     .longest_range = 3,
     .shares = kEverything},
    {.name = "contended",
     .purpose = "writes to 6 keys, all in one segment or two",
     .keys = 6,
     .longest_range = 6,
     .shares = kContended},
    {.name = "ranges",
     .purpose = "range reads and neighbours among writes to 80 keys",
     .keys = 80,
     .longest_range = 20,
     .shares = kRanges},
    {.name = "churn",
     .purpose = "3000 keys come and go: segments split, merge, are given back",
     .keys = 3000,
     .longest_range = 40,
     .tide = 3000,
     .shares = kChurn},
    {.name = "clears",
     .purpose = "clear() among writes to 60 keys",
     .keys = 60,
     .longest_range = 20,
     .shares = kClears},
};

}  // namespace

std::span<const Workload> AllWorkloads() { return kWorkloads; }

const Workload* FindWorkload(std::string_view name) {
  const auto found = std::ranges::find(kWorkloads, name, &Workload::name);
  return found == std::end(kWorkloads) ? nullptr : &*found;
}

CallChooser::CallChooser(const Workload& workload, std::uint32_t thread,
                         std::uint64_t seed)
    : workload_(workload),
      random_(seed * 1000 + thread),
      next_value_((Value{thread} + 1) << 40) {
  for (const Share& share : workload.shares) total_weight_ += share.weight;
}

OperationKind CallChooser::ChooseKind() {
  std::uint64_t at = random_.Below(total_weight_);
  for (const Share& share : workload_.shares) {
    if (at < share.weight) return share.kind;
    at -= share.weight;
  }
  return workload_.shares.back().kind;
}

OperationKind CallChooser::Choose(Arguments& arguments) {
  OperationKind kind = ChooseKind();
  if (workload_.tide > 0 && random_.Below(2) == 0) {
    const bool ebb = calls_ / workload_.tide % 2 == 1;
    if (kind == Kind::kInsert && ebb) kind = Kind::kErase;
    if (kind == Kind::kErase && !ebb) kind = Kind::kInsert;
  }
  ++calls_;
  const Key key = random_.Below(workload_.keys);
  switch (SpecOf(kind).arguments) {
    case ArgumentForm::kNone:
      arguments = {};
      break;
    case ArgumentForm::kKey:
      arguments = {key};
      break;
    case ArgumentForm::kKeyValue:
      arguments = {key, ++next_value_};
      break;
    case ArgumentForm::kRange:
      arguments = {key, key + random_.Below(workload_.longest_range + 1)};
      break;
    case ArgumentForm::kRangeAndLimit:
      arguments = {key, key + random_.Below(workload_.longest_range + 1),
                   1 + random_.Below(4)};
      break;
    case ArgumentForm::kKeyAndLimit:
      arguments = {key, 1 + random_.Below(4)};
      break;
  }
  return kind;
}

std::vector<Entry> CallChooser::EntriesFrom(const Arguments& arguments) {
  std::vector<Entry> entries = {{arguments[0], arguments[1]}};
  // Of more entries it is mostly not known which were new.
  for (Value more = arguments[1] % 3;
       more > 0 && entries.back().key + 1 < workload_.keys; --more) {
    entries.push_back({entries.back().key + 1, ++next_value_});
  }
  return entries;
}

}  // namespace pma::history
