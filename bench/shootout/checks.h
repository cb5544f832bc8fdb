// SPDX-License-Identifier: Apache-2.0

// What the answers of a race must have been, computed off the clock from the
// loaded data and the prepared operations.

#ifndef BENCH_SHOOTOUT_CHECKS_H_
#define BENCH_SHOOTOUT_CHECKS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/keys/key_set.h"
#include "bench/keys/record.h"
#include "bench/shootout/mix.h"
#include "bench/shootout/race_loop.h"
#include "bench/shootout/workload.h"

namespace pma::bench {

// The part of a Tally that is known beforehand.
struct ExpectedTally {
  uint64_t entry_count = 0;
  uint64_t checksum = 0;
  uint64_t absent_count = 0;

  void AddTimes(const ExpectedTally& other, uint64_t times) {
    entry_count += other.entry_count * times;
    checksum += other.checksum * times;
    absent_count += other.absent_count * times;
  }
};

template <class Key, class Order>
ExpectedTally ExpectOp(const KeySet<Key, Order>& set, const Op<Key>& op) {
  switch (op.kind) {
    case OpKind::kRead:
    case OpKind::kReadModifyWrite:
      return {.checksum = FixedBits(op.record)};
    case OpKind::kMiss:
      return {.absent_count = 1};
    case OpKind::kScan: {
      const size_t end = std::min<size_t>(set.size(), op.index + op.length);
      return {.entry_count = end - op.index,
              .checksum = set.sums[end] - set.sums[op.index]};
    }
    case OpKind::kFloor:
      if (op.index == kNoIndex) return {.absent_count = 1};
      return {.checksum = set.sums[op.index + 1] - set.sums[op.index]};
    case OpKind::kFullScan:
      return {.entry_count = set.size(), .checksum = set.sums.back()};
    case OpKind::kUpdate:
    case OpKind::kInsert:
    case OpKind::kErase:
      return {};
  }
  return {};
}

// The first `op_count` operations of a stream that is repeated without end.
template <class Key, class Order>
ExpectedTally ExpectStream(const KeySet<Key, Order>& set,
                           const Stream<Key>& stream, uint64_t op_count) {
  ExpectedTally cycle;
  ExpectedTally rest;
  const uint64_t rest_count = op_count % stream.size();
  for (size_t i = 0; i < stream.size(); ++i) {
    const ExpectedTally op = ExpectOp(set, stream[i]);
    cycle.AddTimes(op, 1);
    if (i < rest_count) rest.AddTimes(op, 1);
  }
  rest.AddTimes(cycle, op_count / stream.size());
  return rest;
}

// Scans among inserts: given how many loaded keys each scan met, they must
// have been the first ones from its start, and a scan may be short only when
// it reached the end of the map. The look-ups beside them must have found
// theirs.
template <class Key, class Order>
absl::Status CheckScanLog(const KeySet<Key, Order>& set,
                          const Stream<Key>& stream, const Tally& tally) {
  ExpectedTally others;
  uint64_t checksum = 0;
  for (size_t i = 0; i < tally.op_count; ++i) {
    const Op<Key>& op = stream[i];
    if (op.kind != OpKind::kScan) {
      others.AddTimes(ExpectOp(set, op), 1);
      continue;
    }
    const ScanLog& log = tally.scan_log[i];
    const size_t end = op.index + size_t{log.loaded};
    if (end > set.size() || log.visited > op.length ||
        (log.visited < op.length && end < set.size())) {
      return absl::DataLossError(absl::StrFormat(
          "a scan of %d entries visited %d, %d of them loaded before, where "
          "%d loaded keys follow its start",
          op.length, log.visited, log.loaded, set.size() - op.index));
    }
    checksum += set.sums[end] - set.sums[op.index];
  }
  if (tally.absent_count != others.absent_count) {
    return absl::DataLossError(absl::StrCat(tally.absent_count,
                                            " look-ups missed their key, of ",
                                            tally.op_count, " operations"));
  }
  if (checksum + others.checksum != tally.checksum) {
    return absl::DataLossError(
        others.checksum == 0 ? "scans missed or repeated loaded entries"
                             : "scans missed or repeated loaded entries, or "
                               "look-ups found other values");
  }
  return absl::OkStatus();
}

template <class Key, class Order>
absl::Status CheckTally(const KeySet<Key, Order>& set,
                        const Stream<Key>& stream, const Tally& tally) {
  if (tally.unexpected_count != 0) {
    return absl::DataLossError(absl::StrCat(
        tally.unexpected_count, " of ", tally.op_count,
        " operations inserted a key that was there, or updated or erased one "
        "that was not"));
  }
  if (tally.disorder_count != 0) {
    return absl::DataLossError(
        absl::StrCat(tally.disorder_count, " steps of scans did not ascend"));
  }
  if (!tally.scan_log.empty()) return CheckScanLog(set, stream, tally);

  const ExpectedTally expected = ExpectStream(set, stream, tally.op_count);
  const auto differ = [&](std::string_view what, uint64_t got, uint64_t want) {
    return absl::DataLossError(absl::StrCat(what, " is ", got, ", expected ",
                                            want, ", over ", tally.op_count,
                                            " operations"));
  };
  if (tally.absent_count != expected.absent_count) {
    return differ("number of look-ups without an answer", tally.absent_count,
                  expected.absent_count);
  }
  if (tally.entry_count != expected.entry_count) {
    return differ("number of entries visited", tally.entry_count,
                  expected.entry_count);
  }
  if (tally.checksum != expected.checksum) {
    return differ("checksum of the answers", tally.checksum, expected.checksum);
  }
  return absl::OkStatus();
}

// Compares the whole quiescent map with the loaded data, entry by entry, and
// notes each entry's revision.
template <class Map, class Key, class Order>
absl::Status CheckContents(const Map& map, const KeySet<Key, Order>& set,
                           std::vector<uint16_t>& revisions) {
  if (map.Size() != set.size()) {
    return absl::DataLossError(
        absl::StrCat("size is ", map.Size(), ", expected ", set.size()));
  }
  revisions.assign(set.size(), 0);
  size_t position = 0;
  size_t first_wrong = set.size();
  const size_t visited = map.ScanAll([&](const Key& key, Record record) {
    const size_t i = position++;
    if (i >= set.size() || first_wrong < i) return;
    if (key != set.keys[i] || FixedBits(record) != FixedBits(set.records[i])) {
      first_wrong = i;
    }
    revisions[i] = record.revision;
  });
  if (first_wrong < set.size()) {
    return absl::DataLossError(absl::StrCat(
        "entry ", first_wrong, " of a full scan is not that of the loaded key ",
        ShownKey(set.keys[first_wrong])));
  }
  if (visited != set.size() || position != set.size()) {
    return absl::DataLossError(absl::StrCat("a full scan visited ", position,
                                            " entries and counted ", visited,
                                            ", expected ", set.size()));
  }
  return absl::OkStatus();
}

// No update was lost: the revision of a key is the last one that some thread
// wrote to it, or the earlier one if none did.
template <class Key, class Order>
absl::Status CheckRevisions(const KeySet<Key, Order>& set,
                            const std::vector<Stream<Key>>& streams,
                            const std::vector<uint64_t>& op_counts,
                            const std::vector<uint16_t>& before,
                            const std::vector<uint16_t>& after) {
  const size_t thread_count = streams.size();
  std::vector<bool> written(set.size());
  std::vector<bool> accepted(set.size());
  for (size_t t = 0; t < thread_count; ++t) {
    const Stream<Key>& stream = streams[t];
    // Backwards from the thread's last operation; the first write met is its
    // last one to that key. One cycle of the stream holds them all.
    std::vector<bool> seen(set.size());
    const uint64_t replayed = std::min<uint64_t>(op_counts[t], stream.size());
    for (uint64_t back = 1; back <= replayed; ++back) {
      const uint64_t ordinal = op_counts[t] - back;
      const Op<Key>& op = stream[ordinal % stream.size()];
      if (op.kind != OpKind::kUpdate && op.kind != OpKind::kReadModifyWrite) {
        continue;
      }
      if (seen[op.index]) continue;
      seen[op.index] = true;
      written[op.index] = true;
      if (after[op.index] == RevisionOf(ordinal, t, thread_count)) {
        accepted[op.index] = true;
      }
    }
  }
  for (size_t i = 0; i < set.size(); ++i) {
    if (written[i] ? !accepted[i] : after[i] != before[i]) {
      return absl::DataLossError(absl::StrCat(
          "key ", ShownKey(set.keys[i]), " holds revision ", after[i],
          written[i] ? ", which no thread wrote to it last"
                     : ", but nothing updated it"));
    }
  }
  return absl::OkStatus();
}

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_CHECKS_H_
