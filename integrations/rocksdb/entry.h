// SPDX-License-Identifier: Apache-2.0

// What the map keeps of each record: a pointer to it, and beside that the first
// eight bytes of the user's key, so that most comparisons need not look at
// records.

#ifndef INTEGRATIONS_ROCKSDB_ENTRY_H_
#define INTEGRATIONS_ROCKSDB_ENTRY_H_

#include <cstdint>

#include "integrations/rocksdb/record.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {

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

// Makes entries and queries, and orders them as records are: where the users'
// keys are ordered by their bytes, by the prefixes, and by the records if those
// are equal; else by the records alone, for all prefixes are zero then.
class EntryOrder {
 public:
  using is_transparent = void;

  explicit EntryOrder(const RecordOrder& order) : order_(order) {}

  Entry EntryOf(const char* record) const {
    return {order_.bytewise() ? PrefixOf(InternalKeyOf(record)) : 0, record};
  }
  Sought Seek(const Slice& internal_key) const {
    return {order_.bytewise() ? PrefixOf(internal_key) : 0, internal_key};
  }

  bool operator()(const Entry& a, const Entry& b) const {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return order_(a.record, b.record) < 0;
  }
  bool operator()(const Entry& a, const Sought& b) const {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return order_(a.record, b.internal_key) < 0;
  }
  bool operator()(const Sought& a, const Entry& b) const {
    if (a.prefix != b.prefix) return a.prefix < b.prefix;
    return order_(b.record, a.internal_key) > 0;
  }

 private:
  RecordOrder order_;
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_ENTRY_H_
