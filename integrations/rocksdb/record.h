// SPDX-License-Identifier: Apache-2.0

// RocksDB's records, and their order.
//
// A record is the length of an internal key, that key, and a value with its own
// length. The internal key is the user's key and eight bytes more: the sequence
// number, and in the lowest byte the type, as a number with the lowest byte
// first. Records lie in the arena of their memtable, unchanged until it is
// destroyed.

#ifndef INTEGRATIONS_ROCKSDB_RECORD_H_
#define INTEGRATIONS_ROCKSDB_RECORD_H_

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rocksdb/memtablerep.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {

using ::rocksdb::Slice;
using KeyComparator = ::rocksdb::MemTableRep::KeyComparator;

static_assert(std::endian::native == std::endian::little);

// The bytes after the user's key.
inline constexpr size_t kTagBytes = 8;

// The internal key of a record, or of what else begins with a length.
inline Slice InternalKeyOf(const char* record) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(record);
  uint32_t size = *bytes++;
  if (size >= 0x80) [[unlikely]] {
    size &= 0x7f;
    for (int shift = 7;; shift += 7) {
      const uint32_t byte = *bytes++;
      size |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
  }
  return Slice(reinterpret_cast<const char*>(bytes), size);
}

// Its sequence number.
inline uint64_t SequenceOf(const Slice& internal_key) {
  uint64_t tag;
  std::memcpy(&tag, internal_key.data() + internal_key.size() - kTagBytes,
              kTagBytes);
  return tag >> 8;
}

// The first eight bytes of the user's key in it, as a number that orders as
// they do, with zeros for those that are not there: where two of these differ,
// the keys' bytes order alike.
inline uint64_t PrefixOf(const Slice& internal_key) {
  assert(internal_key.size() >= kTagBytes);
  const size_t size = internal_key.size() - kTagBytes;
  uint64_t bytes = 0;
  if (size >= 8) [[likely]] {
    std::memcpy(&bytes, internal_key.data(), 8);
  } else {
    std::memcpy(&bytes, internal_key.data(), size);
  }
  return __builtin_bswap64(bytes);
}

// How two internal keys compare if the users' keys are ordered by their bytes:
// those of one user's key from the newest to the oldest.
inline int CompareBytewise(const Slice& a, const Slice& b) {
  const size_t a_size = a.size() - kTagBytes;
  const size_t b_size = b.size() - kTagBytes;
  const int order = std::memcmp(a.data(), b.data(), std::min(a_size, b_size));
  if (order != 0) return order;
  if (a_size != b_size) return a_size < b_size ? -1 : 1;
  const uint64_t a_sequence = SequenceOf(a);
  const uint64_t b_sequence = SequenceOf(b);
  return a_sequence == b_sequence ? 0 : (a_sequence > b_sequence ? -1 : 1);
}

// Compares as RocksDB's comparator does; by code of our own, which the compiler
// sees, where that is bytewise.
class RecordOrder {
 public:
  // `compare` must outlive it. `bytewise`: it orders the users' keys as
  // BytewiseComparator does.
  RecordOrder(const KeyComparator& compare, bool bytewise)
      : compare_(&compare), bytewise_(bytewise) {}

  bool bytewise() const { return bytewise_; }

  // Negative if the record comes first, 0 if key and sequence number are equal.
  int operator()(const char* record, const Slice& internal_key) const {
    return bytewise_ ? CompareBytewise(InternalKeyOf(record), internal_key)
                     : (*compare_)(record, internal_key);
  }
  int operator()(const char* a, const char* b) const {
    return bytewise_ ? CompareBytewise(InternalKeyOf(a), InternalKeyOf(b))
                     : (*compare_)(a, b);
  }

 private:
  const KeyComparator* compare_;
  bool bytewise_;
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_RECORD_H_
