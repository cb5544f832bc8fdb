// SPDX-License-Identifier: Apache-2.0

// The value every map in the race stores: eight bytes that can be checked.
//
//   | payload 32 | tag 16 | revision 16 |
//
// Payload and tag are a function of the key (for IP ranges: the last address
// and the country; else a hash of the key), so any answer can be checked
// against the loaded data. The revision is what updates change; its top bit
// says that the key was not loaded but inserted by a mix.

#ifndef BENCH_KEYS_RECORD_H_
#define BENCH_KEYS_RECORD_H_

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "bench/keys/key_types.h"
#include "bench/keys/random.h"

namespace pma::bench {

// Eight-byte alignment lets a map hold it in one lock-free atomic word.
struct alignas(8) Record {
  uint32_t payload = 0;
  uint16_t tag = 0;
  uint16_t revision = 0;

  friend bool operator==(const Record&, const Record&) = default;
};
static_assert(sizeof(Record) == 8);

inline constexpr uint16_t kInsertedFlag = 0x8000;
inline constexpr uint16_t kRevisionMask = 0x7fff;

inline bool IsInserted(Record record) {
  return (record.revision & kInsertedFlag) != 0;
}

// The part of a record that no update changes.
inline uint64_t FixedBits(Record record) {
  return record.payload | uint64_t{record.tag} << 32;
}

// What a key adds to a checksum. Cheap on purpose: it is computed on the clock
// and has only to prove that the key was delivered; the exact comparison of
// every key is done off the clock.
inline uint64_t KeyBits(uint64_t key) { return key; }
inline uint64_t KeyBits(std::string_view key) {
  return key.size() + (key.empty() ? 0 : static_cast<uint8_t>(key.back()));
}

inline uint64_t FoldedImage(Uint128 image) {
  return static_cast<uint64_t>(image >> 64) + static_cast<uint64_t>(image);
}
template <TypedKey Key>
uint64_t KeyBits(const Key& key) {
  return FoldedImage(KeyImage<Key, std::less<>>::Of(key));
}

template <class Key>
uint64_t EntryBits(const Key& key, Record record) {
  return KeyBits(key) + FixedBits(record);
}

inline uint64_t HashKey(uint64_t key) { return Mix64(key); }
inline uint64_t HashKey(std::string_view key) {
  uint64_t hash = key.size();
  for (const char c : key) hash = Mix64(hash ^ static_cast<uint8_t>(c));
  return hash;
}

template <TypedKey Key>
uint64_t HashKey(const Key& key) {
  return Mix64(KeyBits(key));
}

// For messages.
inline std::string ShownKey(uint64_t key) { return std::to_string(key); }
inline std::string ShownKey(const std::string& key) { return key; }
template <TypedKey Key>
std::string ShownKey(const Key& key) {
  const Uint128 image = KeyImage<Key, std::less<>>::Of(key);
  char shown[40];
  std::snprintf(shown, sizeof(shown), "0x%016" PRIx64 "%016" PRIx64,
                static_cast<uint64_t>(image >> 64),
                static_cast<uint64_t>(image));
  return shown;
}

// The record of a key that carries no data of its own.
template <class Key>
Record RecordOfKey(const Key& key, uint16_t revision = 0) {
  const uint64_t hash = HashKey(key);
  return {static_cast<uint32_t>(hash), static_cast<uint16_t>(hash >> 32),
          revision};
}

}  // namespace pma::bench

#endif  // BENCH_KEYS_RECORD_H_
