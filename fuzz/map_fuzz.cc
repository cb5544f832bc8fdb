// SPDX-License-Identifier: Apache-2.0

// Fuzzes ConcurrentMap on one thread: bytes become operations, and each answer
// is compared with absl::btree_map.
//
// Input:
//   byte 0      the variant, an index into kVariants (modulo their number)
//   then, per operation: a byte that indexes kOperations (modulo their number),
//   and the arguments that its row reads. An argument cut off by the end of the
//   input is zero, so every string of bytes is a valid input.
//
// A new operation costs one row in kOperations; it goes to the end, or the
// corpus changes its meaning.
//
// PMA_FUZZ_PRINT=1 in the environment prints an input as text while it runs.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <string>

#include "pma/options.h"
#include "pma/testing/describe.h"
#include "pma/testing/differential_map.h"

namespace pma {
namespace {

using testing::Describe;
using testing::DifferentialMap;

// Longer inputs teach nothing that shorter ones cannot, only slower.
constexpr int kMaxOperations = 2000;
constexpr int kOperationsBetweenChecks = 50;

bool Printing() {
  static const bool printing = std::getenv("PMA_FUZZ_PRINT") != nullptr;
  return printing;
}

void Print(const std::string& text) {
  if (Printing()) std::fputs(text.c_str(), stderr);
}

class ByteReader {
 public:
  ByteReader(const std::uint8_t* data, std::size_t size)
      : next_(data), end_(data + size) {}

  bool AtEnd() const { return next_ == end_; }
  std::uint8_t Next() { return AtEnd() ? 0 : *next_++; }

 private:
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

// --- Keys and values ---

// Keys are numbered 0 .. kKeyCount - 1; most take one byte of the input.
constexpr std::uint32_t kKeyCount = 4096;

std::uint32_t ReadKeyNumber(ByteReader& bytes) {
  const std::uint32_t first = bytes.Next();
  if (first < 0xf0) return first;
  return (first & 0x0f) << 8 | bytes.Next();
}

template <class T>
T KeyOf(std::uint32_t number);

// In order; the last hundred lie at the top of the key range.
template <>
std::uint64_t KeyOf<std::uint64_t>(std::uint32_t number) {
  constexpr std::uint32_t kLow = kKeyCount - 100;
  if (number < kLow) return number;
  return ~std::uint64_t{0} - (kKeyCount - 1 - number);
}

// The empty string, embedded NULs, and keys that differ only behind their first
// 8 bytes or in their length.
template <>
std::string KeyOf<std::string>(std::uint32_t number) {
  static constexpr char kNul[] = {'\0'};
  const std::uint32_t rest = number / 4;
  const std::string digits = rest == 0 ? "" : std::to_string(rest);
  switch (number % 4) {
    case 0:
      return digits;
    case 1:
      return "shared/prefix/" + digits;
    case 2:
      return "12345678" + std::string(rest % 3, '\0') + digits;
    default:
      return std::string(kNul, 1) + digits;
  }
}

template <class T>
T ValueOf(std::uint8_t byte);

template <>
std::uint64_t ValueOf<std::uint64_t>(std::uint8_t byte) {
  return byte * 0x0101010101010101u;
}

template <>
std::string ValueOf<std::string>(std::uint8_t byte) {
  return std::string(byte % 40, static_cast<char>('a' + byte % 26));
}

// --- Operations ---

// A map with its oracle, and the input it takes arguments from. Arguments are
// read into locals first: the order in which a call evaluates them is not
// fixed.
template <class KeyT, class Compare, class Tuning>
struct Session {
  using Key = KeyT;
  using Value = KeyT;

  explicit Session(ByteReader input)
      : bytes(input), map([](const std::string& mismatch) {
          std::fprintf(stderr, "map_fuzz: %s\n", mismatch.c_str());
          std::abort();
        }) {}

  Key NextKey() { return Noted(KeyOf<Key>(ReadKeyNumber(bytes))); }
  Value NextValue() { return Noted(ValueOf<Value>(bytes.Next())); }
  std::size_t NextCount() { return Noted(std::size_t{bytes.Next()}); }

  template <class T>
  T Noted(T argument) {
    if (Printing()) Print(" " + Describe(argument));
    return argument;
  }

  ByteReader bytes;
  DifferentialMap<Key, Value, Compare, Tuning> map;
};

// Up to 255 keys at equal distances, upwards or downwards: what takes many
// single operations otherwise, such as a split of an extent, is one byte away.
template <class S, class F>
void ForEachKeyOfRun(S& s, F f) {
  const std::uint32_t start = s.Noted(ReadKeyNumber(s.bytes));
  const auto count = static_cast<std::uint32_t>(s.NextCount());
  const auto shape = static_cast<std::uint32_t>(s.NextCount());
  const std::uint32_t distance = 1 + shape / 2 % 16;
  const std::uint32_t step =
      shape % 2 == 0 ? distance : kKeyCount - distance;  // modulo kKeyCount
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t number = (start + i * step) % kKeyCount;
    f(KeyOf<typename S::Key>(number), static_cast<std::uint8_t>(number + i));
  }
}

template <class S>
struct Operation {
  const char* name;
  void (*run)(S& s);
};

template <class S>
constexpr Operation<S> kOperations[] = {
    {"insert",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.Insert(key, s.NextValue());
     }},
    {"try_emplace",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.TryEmplace(key, s.NextValue());
     }},
    {"insert_or_assign",
     [](S& s) {
       const auto key = s.NextKey();
       s.map.InsertOrAssign(key, s.NextValue());
     }},
    {"erase", [](S& s) { s.map.Erase(s.NextKey()); }},
    {"find", [](S& s) { s.map.Find(s.NextKey()); }},
    {"contains", [](S& s) { s.map.Contains(s.NextKey()); }},
    {"visit", [](S& s) { s.map.Visit(s.NextKey()); }},
    {"first", [](S& s) { s.map.First(); }},
    {"last", [](S& s) { s.map.Last(); }},
    {"floor", [](S& s) { s.map.Floor(s.NextKey()); }},
    {"ceiling", [](S& s) { s.map.Ceiling(s.NextKey()); }},
    {"lower", [](S& s) { s.map.Lower(s.NextKey()); }},
    {"higher", [](S& s) { s.map.Higher(s.NextKey()); }},
    {"scan",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.Scan(lo, s.NextKey());
     }},
    {"scan with stop",
     [](S& s) {
       const auto lo = s.NextKey();
       const auto hi = s.NextKey();
       s.map.Scan(lo, hi, s.NextCount() + 1);
     }},
    {"scan all", [](S& s) { s.map.ScanAll(); }},
    {"scan all with stop", [](S& s) { s.map.ScanAll(s.NextCount() + 1); }},
    {"scan_from", [](S& s) { s.map.ScanFrom(s.NextKey()); }},
    {"scan_from with stop",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.ScanFrom(lo, s.NextCount() + 1);
     }},
    {"scan_reverse",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.ScanReverse(lo, s.NextKey());
     }},
    {"scan_reverse with stop",
     [](S& s) {
       const auto lo = s.NextKey();
       const auto hi = s.NextKey();
       s.map.ScanReverse(lo, hi, s.NextCount() + 1);
     }},
    {"size", [](S& s) { s.map.CheckSize(); }},
    {"clear", [](S& s) { s.map.Clear(); }},
    {"insert a run",
     [](S& s) {
       ForEachKeyOfRun(s, [&](const auto& key, std::uint8_t value) {
         s.map.Insert(key, ValueOf<typename S::Value>(value));
       });
     }},
    {"overwrite a run",
     [](S& s) {
       ForEachKeyOfRun(s, [&](const auto& key, std::uint8_t value) {
         s.map.InsertOrAssign(key, ValueOf<typename S::Value>(value));
       });
     }},
    {"erase a run",
     [](S& s) {
       ForEachKeyOfRun(
           s, [&](const auto& key, std::uint8_t) { s.map.Erase(key); });
     }},
    {"erase while scanning",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.EraseWhileScanning(lo, s.NextKey());
     }},
    {"move", [](S& s) { s.map.MoveAround(); }},
    {"scan_n",
     [](S& s) {
       const auto lo = s.NextKey();
       s.map.ScanN(lo, s.NextCount());
     }},
};

template <class Key, class Compare, class Tuning>
void RunInput(ByteReader bytes) {
  using S = Session<Key, Compare, Tuning>;
  S session(bytes);
  for (int i = 0; i < kMaxOperations && !session.bytes.AtEnd(); ++i) {
    const Operation<S>& operation =
        kOperations<S>[session.bytes.Next() % std::size(kOperations<S>)];
    Print(operation.name);
    operation.run(session);
    Print("\n");
    if (i % kOperationsBetweenChecks == 0) session.map.CheckInvariants();
  }
  session.map.CheckEverything();
}

// --- Variants ---

struct Variant {
  const char* name;
  void (*run)(ByteReader bytes);
};

constexpr Variant kVariants[] = {
    {"integers, tiny segments",
     RunInput<std::uint64_t, std::less<>, TinyTuning>},
    {"strings, tiny segments", RunInput<std::string, std::less<>, TinyTuning>},
    {"integers, default segments",
     RunInput<std::uint64_t, std::less<>, DefaultTuning>},
    {"strings, default segments",
     RunInput<std::string, std::less<>, DefaultTuning>},
    {"integers descending, tiny segments",
     RunInput<std::uint64_t, std::greater<>, TinyTuning>},
};

}  // namespace
}  // namespace pma

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::ByteReader bytes(data, size);
  const pma::Variant& variant =
      pma::kVariants[bytes.Next() % std::size(pma::kVariants)];
  pma::Print(std::string(variant.name) + "\n");
  variant.run(bytes);
  return 0;
}
