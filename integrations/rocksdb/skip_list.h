// SPDX-License-Identifier: Apache-2.0

// RocksDB's skip list, as an opponent: the algorithm of its InlineSkipList
// (memtable/inlineskiplist.h of 7.8), written here because the one in Debian's
// library is compiled with assertions, of which its insertion has one for every
// comparison.
//
// Records are nodes: the links of all levels lie right before the record, that
// of level 0 last, and are never taken out. An insertion finds its place by a
// *splice*, the nodes before and after on each level, which it may take over
// from the insertion before (that of a hint, or of the only writer).
//
// A node is linked level by level, from the lowest up, each time by a release
// store or compare-and-swap to the link before it; who follows a link by an
// acquire load sees what is in the node. On level 0 the list is complete; a
// higher level is a shortcut.

#ifndef INTEGRATIONS_ROCKSDB_SKIP_LIST_H_
#define INTEGRATIONS_ROCKSDB_SKIP_LIST_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "integrations/rocksdb/record.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {

class SkipList {
 public:
  static constexpr int kMaxHeight = 12;
  // One node of so many reaches one level higher.
  static constexpr uint32_t kBranching = 4;

  class Node;

  // Where an insertion belongs. Invariant, for all levels below `height`:
  // prev[i + 1] <= prev[i] < next[i] <= next[i + 1]; at `height` are the head
  // and the end.
  struct Splice {
    int height = 0;
    Node* prev[kMaxHeight + 1];
    Node* next[kMaxHeight + 1];
  };

  explicit SkipList(const RecordOrder& order) : order_(order) {
    for (auto& link : head_links_) link.store(nullptr);
  }
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  // The bytes that a node of random height takes before its record, a multiple
  // of a pointer's size; and the record that begins after them in `memory`.
  static size_t LinkBytes(int height) { return sizeof(Link) * height; }
  static int RandomHeight();
  static char* MakeNode(void* memory, int height);

  // Inserts a record of a node so made; false if there is an equal one. With
  // kConcurrent others may do the same, each with a splice of its own. A `near`
  // splice is worth mending; another is right or made anew.
  template <bool kConcurrent>
  bool Insert(const char* record, Splice& splice, bool near);

  // The first node not before `key`, null if there is none; the last node
  // before it, the head if there is none.
  Node* FirstFrom(const Slice& key) const;
  Node* LastBefore(const Slice& key) const;
  Node* Last() const;
  Node* First() const { return head()->Next(0); }
  bool IsHead(const Node* node) const { return node == head(); }

  // How many records come before `key`, about.
  uint64_t EstimateCount(const Slice& key) const;

  const RecordOrder& order() const { return order_; }

 private:
  using Link = std::atomic<Node*>;

 public:
  class Node {
   public:
    const char* record() const {
      return reinterpret_cast<const char*>(this + 1);
    }
    static Node* Of(const char* record) {
      return reinterpret_cast<Node*>(const_cast<char*>(record)) - 1;
    }
    Node* Next(int level) const {
      return (&lowest_)[-level].load(std::memory_order_acquire);
    }

   private:
    friend SkipList;

    Link& link(int level) { return (&lowest_)[-level]; }

    // Until it is linked, its own height is in place of the lowest link.
    void StashHeight(int height) {
      lowest_.store(reinterpret_cast<Node*>(static_cast<uintptr_t>(height)),
                    std::memory_order_relaxed);
    }
    int StashedHeight() const {
      return static_cast<int>(
          reinterpret_cast<uintptr_t>(lowest_.load(std::memory_order_relaxed)));
    }

    Link lowest_;
  };

 private:
  Node* head() const {
    return reinterpret_cast<Node*>(
        const_cast<Link*>(&head_links_[kMaxHeight - 1]));
  }
  bool IsAfter(const Slice& key, const Node* node) const {
    return node != nullptr && order_(node->record(), key) < 0;
  }

  // The neighbours of `key` on one level, from `before` on; `after` is a node
  // that is known to be after it, if any.
  void FindOnLevel(const Slice& key, Node* before, Node* after, int level,
                   Node*& prev, Node*& next) const;
  // Up to which level a splice is wrong for `key`.
  int WrongUpTo(const Slice& key, const Splice& splice, int height,
                bool near) const;
  // Whether the record equals one of its neighbours on the lowest level.
  bool IsDuplicate(const Slice& key, const Splice& splice) const;

  const RecordOrder order_;
  std::atomic<int> height_{1};
  // That of level 0 last, as a node has them.
  Link head_links_[kMaxHeight];
};

}  // namespace pma_rocksdb

#endif  // INTEGRATIONS_ROCKSDB_SKIP_LIST_H_
