// SPDX-License-Identifier: Apache-2.0

// Operations prepared off the clock: each racing thread walks through a
// contiguous array of them, so that drawing random numbers and fetching keys
// from a large table do not count as the map's time. The streams depend on the
// mix, the key set, the thread and the seed, never on the map.

#ifndef BENCH_SHOOTOUT_WORKLOAD_H_
#define BENCH_SHOOTOUT_WORKLOAD_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/keys/key_set.h"
#include "bench/keys/random.h"
#include "bench/keys/record.h"
#include "bench/keys/zipf.h"
#include "bench/shootout/mix.h"

namespace pma::bench {

// `index` of an operation whose key was not loaded, or of a floor query below
// the least key.
inline constexpr uint32_t kNoIndex = 0xffffffff;

template <class Key>
struct Op {
  Key key{};
  // What a read must find, what an insert or update writes.
  Record record = {};
  // Position among the loaded keys: of the key, of the floor's answer, or of
  // the first entry of a scan.
  uint32_t index = kNoIndex;
  uint16_t length = 0;  // entries to scan
  OpKind kind = OpKind::kRead;
};

template <class Key>
using Stream = std::vector<Op<Key>>;

// The revision that a thread's `ordinal`-th operation writes. Known to the
// checks, which replay the last writes of every thread.
inline uint16_t RevisionOf(uint64_t ordinal, size_t thread_index,
                           size_t thread_count) {
  return static_cast<uint16_t>(ordinal * thread_count + thread_index) &
         kRevisionMask;
}

// Every key once, spread over the threads in random order.
template <class Key, class Order>
std::vector<Stream<Key>> LoadStreams(const KeySet<Key, Order>& set,
                                     size_t thread_count) {
  std::vector<Stream<Key>> streams(thread_count);
  for (size_t i = 0; i < set.size(); ++i) {
    const uint32_t index = set.shuffled[i];
    streams[i * thread_count / set.size()].push_back(
        {.key = set.keys[index],
         .record = set.records[index],
         .index = index,
         .kind = OpKind::kInsert});
  }
  return streams;
}

// The same for erasing, in the opposite order.
template <class Key, class Order>
std::vector<Stream<Key>> EraseStreams(const KeySet<Key, Order>& set,
                                      size_t thread_count) {
  std::vector<Stream<Key>> streams = LoadStreams(set, thread_count);
  for (Stream<Key>& stream : streams) {
    std::reverse(stream.begin(), stream.end());
    for (Op<Key>& op : stream) op.kind = OpKind::kErase;
  }
  return streams;
}

// `count` distinct keys that are not loaded, spread like the loaded ones: each
// lies in the gap above a random loaded key. Only where gaps are lacking
// (dense keys) are they taken from above the greatest key.
template <class Key, class Order>
std::vector<Key> AbsentKeys(const KeySet<Key, Order>& set, size_t count,
                            Random& random) {
  using Image = KeyImage<Key, Order>;
  using Number = typename Image::Number;
  std::vector<Key> absent;
  absent.reserve(count + count / 8);
  for (size_t tries = count + count / 8; tries > 0; --tries) {
    const size_t i = random.Below(set.size());
    if (i + 1 == set.size()) continue;
    const Number key = Image::Of(set.keys[i]);
    const Number gap = Image::Of(set.keys[i + 1]) - key;
    if (gap <= 1) continue;
    const auto step =
        static_cast<uint64_t>(std::min<Number>(gap - 1, ~uint64_t{0}));
    absent.push_back(Image::KeyOf(key + 1 + random.Below(step)));
  }
  std::sort(absent.begin(), absent.end());
  absent.erase(std::unique(absent.begin(), absent.end()), absent.end());
  const size_t sorted_count = absent.size();
  Number next = Image::Of(set.keys.back());
  while (absent.size() < count) {
    ++next;  // wraps around to 0 above the greatest
    const Key key = Image::KeyOf(next);
    if (!set.Contains(key) &&
        !std::binary_search(absent.begin(), absent.begin() + sorted_count,
                            key)) {
      absent.push_back(key);
    }
  }
  Shuffle(absent, random);
  absent.resize(count);
  return absent;
}

inline std::vector<std::string> AbsentKeys(const KeySet<std::string>& set,
                                           size_t count, Random& random) {
  std::vector<std::string> absent;
  absent.reserve(count);
  for (uint64_t suffix = 0; absent.size() < count; ++suffix) {
    std::string key =
        absl::StrCat(set.keys[random.Below(set.size())], "-", suffix);
    if (!set.Contains(key)) absent.push_back(std::move(key));
  }
  return absent;
}

// A query of the floor mix.
template <class Key, class Order>
Key FloorProbe(const KeySet<Key, Order>& set, Random& random) {
  using Image = KeyImage<Key, Order>;
  using Number = typename Image::Number;
  const Number low = Image::Of(set.probe_min);
  const Number width = Image::Of(set.probe_max) - low;
  if (width <= ~uint64_t{0}) {
    return Image::KeyOf(low + random.Between(0, static_cast<uint64_t>(width)));
  }
  Number offset = random.Next();
  offset = (offset << 32 << 32) + random.Next();
  return Image::KeyOf(low + offset % width);
}
// A loaded string with one byte changed: near the keys, seldom equal to one.
inline std::string FloorProbe(const KeySet<std::string>& set, Random& random) {
  std::string probe = set.keys[random.Below(set.size())];
  if (!probe.empty()) {
    probe[random.Below(probe.size())] =
        static_cast<char>('a' + random.Below(26));
  }
  return probe;
}

// Draws the stream of one thread.
template <class Set>
class StreamMaker {
  using Key = typename Set::Key;

 public:
  StreamMaker(const Set& set, const Mix& mix, std::vector<Key> absent,
              uint64_t seed)
      : set_(set),
        mix_(mix),
        absent_(std::move(absent)),
        random_(seed),
        zipf_(set.size()),
        zipf_lengths_(mix.scan_length_max - mix.scan_length_min + 1u) {}

  Stream<Key> Make(size_t length) {
    Stream<Key> stream;
    stream.reserve(length);
    while (stream.size() < length) stream.push_back(MakeOp(DrawKind()));
    return stream;
  }

 private:
  OpKind DrawKind() {
    int dice = static_cast<int>(random_.Below(100));
    const auto falls_in = [&dice](int percent) {
      dice -= percent;
      return dice < 0;
    };
    if (falls_in(mix_.read_percent)) return OpKind::kRead;
    if (falls_in(mix_.miss_percent)) return OpKind::kMiss;
    if (falls_in(mix_.update_percent)) return OpKind::kUpdate;
    if (falls_in(mix_.read_modify_write_percent)) {
      return OpKind::kReadModifyWrite;
    }
    // A stream may draw more inserts than its share of absent keys.
    if (falls_in(mix_.insert_percent) && inserted_ < absent_.size()) {
      return OpKind::kInsert;
    }
    if (mix_.floor_percent > 0) return OpKind::kFloor;
    if (mix_.full_scan_percent > 0) return OpKind::kFullScan;
    return mix_.scan_percent > 0 ? OpKind::kScan : OpKind::kRead;
  }

  Op<Key> MakeOp(OpKind kind) {
    if (kind == OpKind::kInsert) return InsertOp(inserted_++);
    if (kind == OpKind::kMiss) {
      return {.key = absent_[random_.Below(absent_.size())], .kind = kind};
    }
    if (kind == OpKind::kFloor) return FloorOp();
    if (kind == OpKind::kFullScan) return {.index = 0, .kind = kind};
    if (mix_.key_choice == KeyChoice::kUniform) {
      return LoadedOp(kind, random_.Below(set_.size()));
    }
    uint64_t rank = zipf_(random_);
    if (mix_.key_choice == KeyChoice::kLatest) {
      // The newest keys a thread can be sure of are those it inserted itself.
      if (rank < inserted_) {
        Op<Key> op = InsertOp(inserted_ - 1 - rank);
        op.kind = kind;
        return op;
      }
      rank -= inserted_;
    }
    return LoadedOp(kind, set_.shuffled[rank]);
  }

  Op<Key> InsertOp(size_t i) const {
    return {.key = absent_[i],
            .record = RecordOfKey(absent_[i], kInsertedFlag),
            .kind = OpKind::kInsert};
  }

  Op<Key> FloorOp() {
    Key probe = FloorProbe(set_, random_);
    const size_t answer = set_.FloorIndex(probe);
    if (answer == set_.size()) {
      return {.key = std::move(probe), .kind = OpKind::kFloor};
    }
    return {.key = std::move(probe),
            .record = set_.records[answer],
            .index = static_cast<uint32_t>(answer),
            .kind = OpKind::kFloor};
  }

  Op<Key> LoadedOp(OpKind kind, size_t index) {
    return {.key = set_.keys[index],
            .record = set_.records[index],
            .index = static_cast<uint32_t>(index),
            .length = ScanLength(),
            .kind = kind};
  }

  uint16_t ScanLength() {
    if (mix_.zipf_scan_lengths) {
      return static_cast<uint16_t>(mix_.scan_length_min +
                                   zipf_lengths_(random_));
    }
    return static_cast<uint16_t>(
        random_.Between(mix_.scan_length_min, mix_.scan_length_max));
  }

  const Set& set_;
  const Mix& mix_;
  std::vector<Key> absent_;
  Random random_;
  Zipf zipf_;
  Zipf zipf_lengths_;
  size_t inserted_ = 0;
};

// One stream per thread. Streams of a mix that inserts are to be walked once;
// the others may be repeated.
template <class Key, class Order>
std::vector<Stream<Key>> MixStreams(const KeySet<Key, Order>& set,
                                    const Mix& mix, size_t thread_count,
                                    size_t stream_length, uint64_t seed) {
  // The share of inserts plus a margin for chance; keys that are missed may be
  // missed again.
  const size_t absent_per_thread =
      mix.miss_percent > 0 ? stream_length / 4 + 1
                           : stream_length * mix.insert_percent / 100 * 11 / 10;
  Random random(seed);
  std::vector<Key> absent =
      AbsentKeys(set, absent_per_thread * thread_count, random);
  std::vector<Stream<Key>> streams;
  for (size_t t = 0; t < thread_count; ++t) {
    const auto first = absent.begin() + t * absent_per_thread;
    StreamMaker<KeySet<Key, Order>> maker(
        set, mix, {first, first + absent_per_thread}, random.Next());
    streams.push_back(maker.Make(stream_length));
  }
  return streams;
}

}  // namespace pma::bench

#endif  // BENCH_SHOOTOUT_WORKLOAD_H_
