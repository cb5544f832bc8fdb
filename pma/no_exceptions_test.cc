// SPDX-License-Identifier: Apache-2.0

// The whole interface in a program that is compiled without exceptions and
// run-time types, and what is said there when memory runs out.
//
// GoogleTest needs exceptions, so this has a main function of its own.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "pma/concurrent_map.h"
#include "pma/options.h"

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "This is a test of -fno-exceptions -fno-rtti."
#endif

namespace {

int failures = 0;

// Allocations that succeed from now on.
constexpr int kAll = std::numeric_limits<int>::max();
int allocations_left = kAll;
// Whether code that can say why it ends the program is all that may allocate.
bool must_say_why = false;

bool Refuses() { return allocations_left != kAll && --allocations_left < 0; }

void* Aligned(std::size_t bytes, std::align_val_t align) {
  const auto unit = static_cast<std::size_t>(align);
  return std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
}

// An operator new that would throw.
void EndIfItMustNot() {
  if (!must_say_why) return;
  std::fprintf(stderr, "operator new was asked, which cannot say why\n");
  std::abort();
}

}  // namespace

void* operator new(std::size_t bytes) {
  EndIfItMustNot();
  return std::malloc(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t align) {
  EndIfItMustNot();
  return Aligned(bytes, align);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  return Refuses() ? nullptr : std::malloc(bytes);
}
void* operator new(std::size_t bytes, std::align_val_t align,
                   const std::nothrow_t&) noexcept {
  return Refuses() ? nullptr : Aligned(bytes, align);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace pma {
namespace {

void Expect(bool holds, const char* what, int line) {
  if (holds) return;
  std::fprintf(stderr, "no_exceptions_test.cc:%d: not so: %s\n", line, what);
  ++failures;
}
#define EXPECT(claim) Expect((claim), #claim, __LINE__)

// Gives null, as an allocator may that has no exceptions to throw.
template <class T>
struct NullAllocator {
  using value_type = T;
  NullAllocator() = default;
  template <class U>
  // NOLINTNEXTLINE(google-explicit-constructor): allocators convert.
  NullAllocator(const NullAllocator<U>&) {}
  T* allocate(std::size_t count) {
    return Refuses() ? nullptr
                     : static_cast<T*>(std::malloc(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t) { std::free(memory); }
  friend bool operator==(NullAllocator, NullAllocator) { return true; }
};

template <class Key, class Value, class Allocator = std::allocator<std::byte>>
using TinyMap = ConcurrentMap<Key, Value, std::less<>, Allocator, TinyTuning>;

std::uint64_t KeyOf(std::uint64_t i) { return i * 7919 % 1009; }

void NumbersCanBeReadAndWritten() {
  TinyMap<std::uint64_t, std::uint64_t> map;
  EXPECT(map.empty());
  for (std::uint64_t i = 0; i < 500; ++i) EXPECT(map.insert(KeyOf(i), i));
  EXPECT(!map.insert(KeyOf(7), 0));
  EXPECT(!map.try_emplace(KeyOf(7), 0u));
  EXPECT(!map.insert_or_assign(KeyOf(7), 70));
  EXPECT(map.find(KeyOf(7)) == 70u);
  EXPECT(map.contains(KeyOf(8)));
  EXPECT(map.visit(KeyOf(9), [](std::uint64_t value) { EXPECT(value == 9); }));
  EXPECT(map.size() == 500);
  const std::array<std::uint64_t, 2> keys{KeyOf(1), 5000};
  std::array<std::optional<std::uint64_t>, 2> values;
  map.find_batch(keys, values);
  EXPECT(values[0] == 1u && !values[1]);
  const std::uint64_t first = map.first()->first;
  const std::uint64_t last = map.last()->first;
  EXPECT(map.floor(first)->first == first && !map.lower(first));
  EXPECT(map.ceiling(last)->first == last && !map.higher(last));
  const auto ignore = [](std::uint64_t, std::uint64_t) {};
  EXPECT(map.scan(ignore) == 500);
  EXPECT(map.scan(first, last, ignore) == 499);
  EXPECT(map.scan_from(first, ignore) == 500);
  EXPECT(map.scan_n(first, 10, ignore) == 10);
  EXPECT(map.scan_reverse(first, last, ignore) == 499);
  EXPECT(map.snapshot_scan(ignore) == 500);
  EXPECT(map.snapshot_scan(first, last, ignore) == 499);
  const auto next = [](std::uint64_t now) { return now + 1; };
  EXPECT(map.exchange(KeyOf(7), 71u) == 70u);
  EXPECT(map.update(KeyOf(7), next));
  EXPECT(!map.upsert(KeyOf(7), 0u, next));
  EXPECT(map.find_or_insert(KeyOf(7), 0u).first == 73);
  EXPECT(!map.insert_or_visit(KeyOf(7), 0u, [](std::uint64_t) {}));
  std::uint64_t expected = 73;
  EXPECT(map.compare_exchange(KeyOf(7), expected, 7u));
  EXPECT(map.compute(KeyOf(7), [](const std::uint64_t* now) {
    return std::optional(*now);
  }) == 7u);
  EXPECT(!map.erase_if(KeyOf(7), [](std::uint64_t now) { return now == 8; }));
  EXPECT(map.extract(KeyOf(499)) == 499u);
  EXPECT(map.pop_first()->first == first);
  EXPECT(map.pop_last()->first == last);
  EXPECT(map.size() == 497);
  std::size_t erased = 0;
  for (std::uint64_t i = 0; i < 490; ++i) erased += map.erase(KeyOf(i));
  EXPECT(erased + map.size() == 497);
  EXPECT(map.CheckInvariants().empty());
  map.clear();
  EXPECT(map.empty());
  EXPECT(map.memory_usage().allocated_bytes > 0);
  EXPECT(map.key_comp()(1, 2));
  EXPECT(map.get_allocator() == std::allocator<std::byte>());
}

void BoxesCanBeMovedAndSwapped() {
  using Pmr = std::pmr::polymorphic_allocator<std::byte>;
  using Map = TinyMap<std::string, std::unique_ptr<int>, Pmr>;
  std::pmr::unsynchronized_pool_resource pool;
  Map map{Pmr(&pool)};
  for (int i = 0; i < 300; ++i) {
    map.try_emplace(std::to_string(i), std::make_unique<int>(i));
  }
  EXPECT(map.contains(std::string_view("200")));
  Map moved(std::move(map));
  Map elsewhere(std::move(moved), Pmr());
  EXPECT(elsewhere.size() == 300 && elsewhere.CheckInvariants().empty());
  map = std::move(elsewhere);
  EXPECT(map.get_allocator().resource() == &pool);
  swap(map, moved);
  EXPECT(moved.visit("200", [](const auto& value) { EXPECT(*value == 200); }));
  for (int i = 0; i < 300; ++i) EXPECT(moved.erase(std::to_string(i)));
}

// What `body` says on stderr before it aborts.
template <class Body>
std::string LastWords(Body body) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    body();
    _exit(0);
  }
  close(ends[1]);
  std::string words;
  std::array<char, 256> buffer{};
  for (ssize_t bytes = 0;
       (bytes = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    words.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return "no child";
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) return "no abort";
  // An emulator of another processor says that its program was aborted.
  return words.substr(0, words.find("qemu: "));
}

// Whichever allocation fails, of whatever it is for.
template <class Map, class MakeKey>
void AllocationsThatFailSaySo(MakeKey make_key) {
  for (const int allocations : {0, 1, 2, 3, 5, 9, 20, 60, 150, 400, 900}) {
    const std::string words = LastWords([&] {
      Map map;
      allocations_left = allocations;
      must_say_why = true;
      for (std::uint64_t i = 0; i < 10000; ++i) map.try_emplace(make_key(i));
    });
    EXPECT(words == "pma: out of memory\n");
  }
}

void WrongUseSaysSo() {
  const TinyMap<int, int> map;
  EXPECT(LastWords([&] {
           std::array<std::optional<int>, 2> values;
           map.find_batch({}, values);
         }) == "pma: find_batch needs as many values as keys\n");
}

int Run() {
  NumbersCanBeReadAndWritten();
  BoxesCanBeMovedAndSwapped();
  const auto number = [](std::uint64_t i) { return i; };
  // Short enough to lie in the string itself.
  const auto text = [](std::uint64_t i) { return std::to_string(i); };
  AllocationsThatFailSaySo<TinyMap<std::uint64_t, std::uint64_t>>(number);
  AllocationsThatFailSaySo<TinyMap<std::string, std::string>>(text);
  using Null = NullAllocator<std::byte>;
  AllocationsThatFailSaySo<TinyMap<std::uint64_t, std::uint64_t, Null>>(number);
  WrongUseSaysSo();
  if (failures == 0) std::puts("PASSED");
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace pma

int main() { return pma::Run(); }
