// SPDX-License-Identifier: Apache-2.0

// libcds's lock-free skip list, after Herlihy and Shavit, with its user-space
// RCU: of its reclamation schemes the one with the cheapest reads.
//
// Properties of it that show here:
// - It has no way to start in the middle: no scan from a key, no floor query.
//   Only the whole list can be walked.
// - A mapped value may not be assigned while others read it, so it is an atomic
//   word (Record has eight bytes).
// - Threads must be attached to the library: done here at the first call.
// - Its size is not counted, which would be a counter shared by all threads.

#ifndef BENCH_MAPS_LIBCDS_H_
#define BENCH_MAPS_LIBCDS_H_

// The scheme comes first: the map is specialised for it.
#include <cds/init.h>
#include <cds/urcu/general_buffered.h>
// clang-format off
#include <cds/container/skip_list_map_rcu.h>
// clang-format on

#include <atomic>
#include <cstddef>
#include <functional>
#include <string_view>

#include "bench/keys/record.h"
#include "bench/maps/counting_allocator.h"

namespace pma::bench {

using LibcdsRcu = cds::urcu::gc<cds::urcu::general_buffered<>>;

// The library's set-up, once for the process and once for every thread.
class LibcdsThread {
 public:
  static void Attach() { thread_local const LibcdsThread thread; }

 private:
  struct Library {
    Library() { cds::Initialize(); }
    ~Library() { cds::Terminate(); }
  };
  struct Runtime {
    Library library;
    LibcdsRcu rcu;
  };

  LibcdsThread() {
    static Runtime runtime;
    cds::threading::Manager::attachThread();
  }
  ~LibcdsThread() { cds::threading::Manager::detachThread(); }
};

template <class Key>
class Libcds {
 public:
  static constexpr std::string_view kName = "libcds";
  static constexpr std::string_view kDescription =
      "cds::container::SkipListMap, a lock-free skip list under RCU";
  static constexpr bool kSingleThreaded = false;
  static constexpr bool kHasFloor = false;
  static constexpr bool kHasScan = false;
  static constexpr bool kHasErase = true;

  Libcds() { LibcdsThread::Attach(); }

  bool Insert(const Key& key, Record record) {
    LibcdsThread::Attach();
    return map_.emplace(key, record);
  }

  bool Assign(const Key& key, Record record) {
    LibcdsThread::Attach();
    // Most assignments hit: look before building a node.
    for (;;) {
      if (map_.find(key, [&](auto& entry) { entry.second.Store(record); })) {
        return false;
      }
      if (map_.emplace(key, record)) return true;
    }
  }

  bool Find(const Key& key, Record& record) const {
    LibcdsThread::Attach();
    return map_.find(key, [&](auto& entry) { record = entry.second.Load(); });
  }

  bool Erase(const Key& key) {
    LibcdsThread::Attach();
    return map_.erase(key);
  }

  template <class F>
  size_t ScanAll(F f) const {
    LibcdsThread::Attach();
    const typename LibcdsRcu::scoped_lock lock;
    size_t visited = 0;
    for (auto it = map_.begin(); it != map_.end(); ++it) {
      f(it->first, it->second.Load());
      ++visited;
    }
    return visited;
  }

  bool EraseQuiescent(const Key& key) { return Erase(key); }
  size_t Size() const {
    return ScanAll([](const Key&, Record) {});
  }
  size_t AllocatedBytes() const { return HeapCount::Bytes() + sizeof(*this); }

 private:
  // The library builds an entry by moving its value into it.
  class Value {
   public:
    explicit Value(Record record) : record_(record) {}
    Value(Value&& other) noexcept : record_(other.Load()) {}
    Record Load() const { return record_.load(std::memory_order_acquire); }
    void Store(Record record) {
      record_.store(record, std::memory_order_release);
    }

   private:
    std::atomic<Record> record_;
  };

  struct Traits : cds::container::skip_list::traits {
    using less = std::less<Key>;
    using allocator = CountingAllocator<Record>;
  };

  // Its look-ups are no const functions: they help to unlink erased nodes.
  mutable cds::container::SkipListMap<LibcdsRcu, Key, Value, Traits> map_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_LIBCDS_H_
