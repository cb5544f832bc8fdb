// SPDX-License-Identifier: Apache-2.0

// Fuzzes maps whose keys or values lie in boxes: strings; and types whose
// copies, comparisons and allocations fail when the input says so, after which
// the map must be as it was.
//
// Input: a byte that indexes kVariants (modulo their number), then operations
// (map_input.h). The first argument of each operation of a map that fails is a
// byte that says at which step it does: 0 to 127 never, 128 the first.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "fuzz/map_input.h"
#include "pma/options.h"
#include "pma/testing/describe.h"
#include "pma/testing/differential_map.h"

namespace pma::map_input {
namespace {

// The empty string, embedded NULs, and keys that differ only behind their first
// 8 bytes or in their length.
std::string StringAt(std::uint32_t number) {
  const std::uint32_t rest = number / 4;
  std::string digits = rest == 0 ? "" : std::to_string(rest);
  switch (number % 4) {
    case 0:
      return digits;
    case 1:
      return "shared/prefix/" + digits;
    case 2:
      return "12345678" + std::string(rest % 3, '\0') + digits;
    default:
      return std::string(1, '\0') + digits;
  }
}

std::string TextAt(std::uint8_t number) {
  return std::string(number % 40, static_cast<char>('a' + number % 26));
}

template <class Tuning>
struct Strings {
  using Checked =
      testing::DifferentialMap<std::string, std::string, std::less<>, Tuning>;
  static std::string KeyAt(std::uint32_t number) { return StringAt(number); }
  static std::string ValueAt(std::uint8_t number) { return TextAt(number); }
};

// --- Failures ---

// Counts the steps that may fail of calls of one map.
class Failures {
 public:
  // The nth step from now fails, those after it do not; 0: none does.
  void Plan(int nth) { left_ = nth; }
  // While `*in_call` is false, nothing counts.
  void CountWhile(const bool* in_call) { in_call_ = in_call; }

  bool FailsNow() {
    if (in_call_ == nullptr || !*in_call_ || left_ <= 0) return false;
    return --left_ == 0;
  }

 private:
  const bool* in_call_ = nullptr;
  int left_ = 0;
};
Failures failures;

struct Planned {};

void MayThrow() {
  if (failures.FailsNow()) throw Planned();
}

template <class T>
struct FailingAllocator {
  using value_type = T;

  FailingAllocator() = default;
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  FailingAllocator(const FailingAllocator<U>&) {}

  T* allocate(std::size_t count) {
    if (failures.FailsNow()) throw std::bad_alloc();
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* block, std::size_t count) {
    std::allocator<T>().deallocate(block, count);
  }
  template <class U>
  friend bool operator==(const FailingAllocator&, const FailingAllocator<U>&) {
    return true;
  }
};

// A string whose copies and comparisons may fail.
class FailingString {
 public:
  explicit FailingString(std::string text) : text_(std::move(text)) {}
  FailingString(const FailingString& other) : text_(other.text_) { MayThrow(); }
  FailingString(FailingString&&) noexcept = default;
  FailingString& operator=(const FailingString& other) {
    MayThrow();
    text_ = other.text_;
    return *this;
  }
  FailingString& operator=(FailingString&&) noexcept = default;
  ~FailingString() = default;

  friend bool operator<(const FailingString& a, const FailingString& b) {
    MayThrow();
    return a.text_ < b.text_;
  }
  friend bool operator==(const FailingString&, const FailingString&) = default;
  std::string Describe() const { return testing::Describe(text_); }

 private:
  std::string text_;
};

// `Key`s in boxes or not; values are strings that may fail.
template <class Key>
struct FailingMap {
  using Checked =
      testing::DifferentialMap<Key, FailingString,
                               std::less<Key>,  // NOLINT: not transparent
                               TinyTuning, FailingAllocator<std::byte>>;
  static Key KeyAt(std::uint32_t number) {
    if constexpr (std::is_same_v<Key, FailingString>) {
      return Key(StringAt(number));
    } else {
      return Key{number};
    }
  }
  static FailingString ValueAt(std::uint8_t number) {
    return FailingString(TextAt(number));
  }
};

template <class Key>
void RunFailing(ByteReader bytes) {
  Session<FailingMap<Key>> session(bytes);
  failures.CountWhile(&session.map.in_call());
  RunOperations(session, [&](const auto& run) {
    const int plan = session.bytes.Next();
    failures.Plan(plan < 128 ? 0 : plan - 127);
    try {
      run();
    } catch (const Planned&) {
      Print(" threw");
    } catch (const std::bad_alloc&) {
      Print(" had no memory");
    }
    failures.Plan(0);
    session.map.CheckSize();
  });
  failures.CountWhile(nullptr);
}

constexpr Variant kVariants[] = {
    {"strings, tiny segments", RunInput<Strings<TinyTuning>>},
    {"strings", RunInput<Strings<DefaultTuning>>},
    {"strings that fail", RunFailing<FailingString>},
    {"words with values that fail", RunFailing<std::uint64_t>},
};

}  // namespace
}  // namespace pma::map_input

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  pma::map_input::RunVariant(pma::map_input::kVariants, {data, size});
  return 0;
}
