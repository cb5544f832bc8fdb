// SPDX-License-Identifier: Apache-2.0

// Likely mistakes, one for each value of MISTAKE, and what a compiler must say
// of it first. mistakes_test.sh compiles them.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "pma/concurrent_map.h"

using pma::ConcurrentMap;

struct Plain {
  int number;
};
struct Incomplete;
struct ByChangeable {
  bool operator()(Plain& a, Plain& b) const { return a.number < b.number; }
};
struct IfChangeable {
  bool operator()(const Plain& a, const Plain& b) {
    return a.number < b.number;
  }
};
struct ByNothing {
  void operator()(const Plain&, const Plain&) const {}
};
struct ByNumber {
  bool operator()(int a, int b) const { return a < b; }
};

struct MoveMayThrow {
  MoveMayThrow(MoveMayThrow&&) {}
};

using Numbers = ConcurrentMap<int, long>;
using Texts = ConcurrentMap<std::string, std::string>;

void Mistake(const Numbers& numbers, Texts& texts) {
#if MISTAKE == 1  // keys need an order
  ConcurrentMap<Plain, int> map;
#elif MISTAKE == 2   // keys need an order
  ConcurrentMap<Plain, int, std::less<Plain>> map;
#elif MISTAKE == 3   // Compare must take keys by const reference
  ConcurrentMap<Plain, int, ByChangeable> map;
#elif MISTAKE == 4   // Compare must be callable when it is const
  ConcurrentMap<Plain, int, IfChangeable> map;
#elif MISTAKE == 5   // Compare must be callable with two keys
  ConcurrentMap<std::string, int, ByNumber> map;
#elif MISTAKE == 6   // Compare must return bool
  ConcurrentMap<Plain, int, ByNothing> map;
#elif MISTAKE == 7   // Allocator must be an allocator
  ConcurrentMap<int, int, std::less<>, pma::TinyTuning> map;
#elif MISTAKE == 8   // keys must be copyable
  ConcurrentMap<std::unique_ptr<int>, int> map;
#elif MISTAKE == 9   // values must be objects of a complete type
  ConcurrentMap<int, Incomplete> map;
#elif MISTAKE == 10  // keys must be objects of a complete type
  ConcurrentMap<Incomplete, int> map;
#elif MISTAKE == 11  // values must be objects
  ConcurrentMap<int, int&> map;
#elif MISTAKE == 12  // values must be objects
  ConcurrentMap<int, void> map;
#elif MISTAKE == 13  // what is sought must be comparable with keys
  texts.find(5);
#elif MISTAKE == 14  // what is sought must be comparable with keys
  texts.erase(5);
#elif MISTAKE == 15  // what is sought must be comparable with keys
  numbers.floor("five");
#elif MISTAKE == 16  // what is sought must be comparable with keys
  numbers.scan("a", "b", [](int, long) {});
#elif MISTAKE == 17  // must be callable as f(const Key&, const Value&)
  numbers.scan([](int) {});
#elif MISTAKE == 18  // must be callable as f(const Key&, const Value&)
  numbers.scan_from(1, [](int&, long&) {});
#elif MISTAKE == 19  // must return void, or a bool
  numbers.scan(1, 9, [sum = 0L](int, long v) mutable { return sum += v; });
#elif MISTAKE == 20  // must return void, or a bool
  numbers.scan_reverse(1, 9, [](int, long) { return std::true_type(); });
#elif MISTAKE == 21  // must be callable as f(const Value&)
  numbers.visit(1, [](int, long) {});
#elif MISTAKE == 22  // must be callable as f(const Value&)
  texts.visit("a", [](std::string& text) { text.clear(); });
#elif MISTAKE == 23  // must be callable as f(const Value&) and return the new
  texts.update("a", [](std::string& text) { text.clear(); });
#elif MISTAKE == 24  // must be callable as f(const Value&) and return the new
  texts.upsert("a", "init", [](const std::string*) { return "b"; });
#elif MISTAKE == 25  // must be callable as f(const Value*), with null for none
  texts.compute("a", [](const std::string& text) { return text; });
#elif MISTAKE == 26  // must be callable as pred(const Value&)
  texts.erase_if("a", [](int) { return true; });
#elif MISTAKE == 27  // must be callable as f(const Key&, const Value&)
  numbers.snapshot_scan(1, 9, [](int) {});
#elif MISTAKE == 28  // is taken by moving it, and its key, which must not throw
  ConcurrentMap<int, MoveMayThrow>().pop_first();
#else
  numbers.scan([](int, long) { return true; });
  texts.find("a");
#endif
}
