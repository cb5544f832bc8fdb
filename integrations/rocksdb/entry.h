// SPDX-License-Identifier: Apache-2.0

// What a memtable keeps of each record, and how that is ordered.
//
// RocksDB lays a record into an arena of its own: the length of the internal
// key (the user's key, then eight bytes of sequence number and type), that key,
// and the value. There it stays, unchanged, until the memtable is destroyed. An
// entry of the table points to it, and has beside the pointer the first eight
// bytes of the user's key, so that most comparisons need not look at records.

#ifndef INTEGRATIONS_ROCKSDB_ENTRY_H_
#define INTEGRATIONS_ROCKSDB_ENTRY_H_

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

// The bytes after the user's key: sequence number and type.
inline constexpr size_t kTagBytes = 8;

// The internal key of a record, or of what else begins with a length.
inline Slice InternalKeyOf(const char* record) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(record);
  uint32_t size = 0;
  for (int shift = 0;; shift += 7) {
    size |= uint32_t{*bytes & 0x7fU} << shift;
    if ((*bytes++ & 0x80U) == 0) break;
  }
  return Slice(reinterpret_cast<const char*>(bytes), size);
}

// The first eight bytes of the user's key in `internal_key`, as a number that
// orders as they do, with zeros for those that are not there: where two of
// these differ, BytewiseComparator orders the keys alike.
inline uint64_t PrefixOf(const Slice& internal_key) {
  assert(internal_key.size() >= kTagBytes);
  const size_t size = internal_key.size() - kTagBytes;
  uint64_t bytes = 0;
  std::memcpy(&bytes, internal_key.data(), size < 8 ? size : 8);
  if constexpr (std::endian::native == std::endian::little) {
    bytes = __builtin_bswap64(bytes);
  }
  return bytes;
}

// Two words, which lie in the map as they are.
struct Entry {
  uint64_t prefix;
  const char* record;
};

// What is sought: an internal key that is in no record.
struct Sought {
  uint64_t prefix;
  Slice internal_key;
};

// Makes entries and queries, and orders them as RocksDB's comparator does:
// where that is bytewise, by the prefixes, and by the comparator if they are
// equal; else by the comparator alone, as the prefixes are all zero then.
class EntryOrder {
 public:
  using is_transparent = void;

  // `compare` must outlive it. `bytewise`: the user's keys are ordered as
  // BytewiseComparator orders them.
  EntryOrder(const KeyComparator& compare, bool bytewise)
      : compare_(&compare), bytewise_(bytewise) {}

  Entry EntryOf(const char* record) const {
    return {bytewise_ ? PrefixOf(InternalKeyOf(record)) : 0, record};
  }
  Sought Seek(const Slice& internal_key) const {
    return {bytewise_ ? PrefixOf(internal_key) : 0, internal_key};
  }

  bool operator()(const Entry& a, const Entry& b) const {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return (*compare_)(a.record, b.record) < 0;
  }
  bool operator()(const Entry& a, const Sought& b) const {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return (*compare_)(a.record, b.internal_key) < 0;
  }
  bool operator()(const Sought& a, const Entry& b) const {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return (*compare_)(b.record, a.internal_key) > 0;
  }

 private:
  const KeyComparator* compare_;
  bool bytewise_;
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_ENTRY_H_
