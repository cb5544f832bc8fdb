// SPDX-License-Identifier: Apache-2.0

// An adaptive radix tree of strings with optimistic lock coupling: the peer for
// keys that share long beginnings.
//
// After Leis, Kemper, Neumann, "The adaptive radix tree: ARTful indexing for
// main-memory databases" (2013), and Leis, Scheibner, Kemper, Neumann, "The ART
// of practical synchronization" (2016). A node branches on one byte of the key
// and skips those that all keys below it share. Of these it knows the number
// only (optimistic path compression): a look-up compares its key once, with
// that of the leaf where it ends. A key may be the beginning of another: the
// node where it ends holds its leaf apart.
//
// THREAD SAFETY. Every member may be called by any number of threads at once,
// except Size, construction and destruction.
//
// INVARIANTS
//  1. The memory of a node or leaf is only used again for a node of the same
//     kind, or a leaf of the same size (block_pool.h), and a node's version
//     grows all the time. So any pointer once read leads to something of its
//     sort; and what was read there counts if the version of the node that led
//     there is unchanged afterwards.
//  2. A node is locked from when its parent leads elsewhere until it is used
//     again. Who finds a node locked starts again from the root.
//  3. The root is a node of the largest kind that skips nothing: it is never
//     replaced and never needs a parent.
//  4. Every other node has two children or more. So each has a leaf below, and
//     the bytes that it skips are those of any of these leaves.

#ifndef BENCH_MAPS_PEERS_ART_STRING_OLC_H_
#define BENCH_MAPS_PEERS_ART_STRING_OLC_H_

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "bench/maps/peers/art_node.h"
#include "bench/maps/peers/art_string_leaf.h"
#include "bench/maps/peers/block_pool.h"
#include "bench/maps/peers/version_lock.h"

namespace pma::bench {

template <class Value>
class ArtStringOlc {
  static_assert(sizeof(Value) == sizeof(uint64_t));
  using Leaf = ArtStringLeaf;

 public:
  ArtStringOlc() : root_(NewNode(ArtKind::k256, 0)) {}
  ArtStringOlc(const ArtStringOlc&) = delete;
  ArtStringOlc& operator=(const ArtStringOlc&) = delete;

  bool Find(std::string_view key, Value& value) const {
    for (SpinWait wait;; wait()) {
      uint64_t word = 0;
      const Answer answer = TryFind(key, word);
      if (answer == Answer::kOvertaken) continue;
      if (answer == Answer::kAbsent) return false;
      value = std::bit_cast<Value>(word);
      return true;
    }
  }

  // False, and unchanged, if the key is present.
  bool Insert(std::string_view key, Value value) {
    return Put(key, value, /*replace=*/false);
  }
  // True if the key was not present.
  bool Assign(std::string_view key, Value value) {
    return Put(key, value, /*replace=*/true);
  }

  bool Erase(std::string_view key) {
    for (SpinWait wait;; wait()) {
      Way way;
      if (!Descend(key, way)) continue;
      if (!way.is_equal) return false;
      if (!Remove(key, way)) continue;
      Leaf::GiveBack(pool_, kLeafClasses, LeafOf(way.child));
      return true;
    }
  }

  // f(key, value) in ascending order, at most `limit` times, from the first
  // entry not below `key`; returns how often. Each entry is read at an instant
  // of its own. The key is shown in a buffer, until f returns.
  template <class F>
  size_t Scan(std::string_view key, size_t limit, F f) const {
    Progress progress{std::string(key), {}, 0};
    for (SpinWait wait; progress.visited < limit; wait()) {
      Steps steps;
      if (!Seek(progress.key, progress.visited > 0, steps)) continue;
      if (Walk(steps, limit, f, progress)) break;
    }
    return progress.visited;
  }

  template <class F>
  size_t ScanAll(F f) const {
    return Scan({}, ~size_t{0}, f);
  }

  // O(entries). No other call may be under way.
  size_t Size() const {
    return ScanAll([](const std::string&, Value) {});
  }

  // Of nodes and leaves, with what is kept to be used again.
  size_t AllocatedBytes() const { return pool_.AllocatedBytes(); }

 private:
  // What follows the bytes that a node skips: the end of the key, or a byte.
  // Ascending as the keys are.
  using Symbol = uint32_t;
  static constexpr Symbol kEnd = 0;
  static Symbol SymbolAt(std::string_view key, size_t depth) {
    return depth < key.size() ? Symbol{1} + static_cast<uint8_t>(key[depth])
                              : kEnd;
  }
  static Symbol SymbolAt(const Leaf& leaf, size_t depth) {
    return depth < leaf.Length() ? Symbol{1} + leaf.ByteAt(depth) : kEnd;
  }

  static size_t SkippedBy(const ArtNode& node) {
    return static_cast<size_t>(node.Prefix().bits());
  }
  static void SetSkipped(ArtNode& node, size_t length) {
    node.SetPrefix(ArtPrefix(length));
  }
  static Leaf* LeafOf(ArtChild child) {
    return static_cast<Leaf*>(child.leaf());
  }

  // The child where a key goes on that has come to `depth`; none if the key has
  // ended before.
  static ArtChild ChildFor(const ArtNode& node, std::string_view key,
                           size_t depth) {
    if (depth < key.size()) return node.Find(static_cast<uint8_t>(key[depth]));
    return depth == key.size() ? node.End() : ArtChild();
  }

  // A node on the way from the root, with the depth of the byte by which it
  // branches. `next` is where a scan goes on.
  struct Step {
    ArtNode* node = nullptr;
    uint64_t version = 0;
    size_t depth = 0;
    Symbol next = kEnd;
  };
  using Steps = absl::InlinedVector<Step, 24>;

  // Where a key's way ends: at the last step, with a child that is a leaf, or
  // none. And how the key compares with a leaf that shares that way: the child,
  // or any other one below the last step.
  struct Way {
    Steps steps;
    ArtChild child;
    bool is_equal = false;
    size_t shared_length = 0;
    Symbol key_symbol = kEnd;   // behind what they share
    Symbol leaf_symbol = kEnd;  // likewise

    const Step& last() const { return steps.back(); }
    // The first step that lies beyond what key and leaf share: of all below it
    // the key differs as from the leaf. steps.size() if there is none.
    size_t FirstBeyond() const {
      size_t i = steps.size();
      while (i > 0 && steps[i - 1].depth > shared_length) --i;
      return i;
    }
  };

  // ---- Search ---------------------------------------------------------------

  enum class Answer { kPresent, kAbsent, kOvertaken };

  Answer TryFind(std::string_view key, uint64_t& value) const {
    ArtNode* node = root_;
    uint64_t version = 0;
    if (!node->lock.TryRead(version)) return Answer::kOvertaken;
    for (size_t depth = 0;; ++depth) {
      depth += SkippedBy(*node);
      const ArtChild child = ChildFor(*node, key, depth);
      if (!child || child.is_leaf()) {
        bool found = false;
        if (child) {
          const Leaf& leaf = *LeafOf(child);
          value = leaf.value.load(std::memory_order_relaxed);
          found = leaf.Holds(key);
        }
        if (!node->lock.Unchanged(version)) return Answer::kOvertaken;
        return found ? Answer::kPresent : Answer::kAbsent;
      }
      if (!GoDown(node, version, child)) return Answer::kOvertaken;
    }
  }

  // From a node to a child of it, which is a node. The child's version is read
  // before the node's is looked at again: so it belongs to the child as long as
  // that was one.
  static bool GoDown(ArtNode*& node, uint64_t& version, ArtChild child) {
    ArtNode* const below = child.node();
    uint64_t version_below = 0;
    if (!below->lock.TryRead(version_below)) return false;
    if (!node->lock.Unchanged(version)) return false;
    node = below;
    version = version_below;
    return true;
  }

  // These are false if a writer got in between.

  bool Descend(std::string_view key, Way& way) const {
    ArtNode* node = root_;
    uint64_t version = 0;
    if (!node->lock.TryRead(version)) return false;
    for (size_t depth = 0;; ++depth) {
      depth += SkippedBy(*node);
      way.steps.push_back({node, version, depth, kEnd});
      way.child = ChildFor(*node, key, depth);
      if (!way.child || way.child.is_leaf()) break;
      if (!GoDown(node, version, way.child)) return false;
    }
    ArtChild child = way.child;
    if (!child && node == root_) {  // there is nothing that it skips
      way.key_symbol = SymbolAt(key, 0);
      return node->lock.Unchanged(version);
    }
    if (!child) child = node->ChildFrom(kEnd).child;
    while (child && !child.is_leaf()) {
      if (!GoDown(node, version, child)) return false;
      child = node->ChildFrom(kEnd).child;
    }
    if (!child) return false;  // overtaken, by invariant 4
    const Leaf& leaf = *LeafOf(child);
    const size_t shared = leaf.SharedLength(key);
    way.shared_length = shared;
    way.is_equal = shared == key.size() && shared == leaf.Length();
    way.key_symbol = SymbolAt(key, shared);
    way.leaf_symbol = SymbolAt(leaf, shared);
    return node->lock.Unchanged(version);
  }

  // ---- Scans ----------------------------------------------------------------

  struct Progress {
    std::string key;   // from which to start, then the last one shown
    std::string next;  // a buffer
    size_t visited = 0;
  };

  // The steps to the first entry not below `key`, or (`is_above`) above it.
  bool Seek(std::string_view key, bool is_above, Steps& steps) const {
    Way way;
    if (!Descend(key, way)) return false;
    const size_t beyond = way.FirstBeyond();
    if (beyond < way.steps.size()) {
      // All below that step is on one side of the key.
      way.steps.resize(beyond + 1);
      if (way.leaf_symbol < way.key_symbol) {
        way.steps.pop_back();
        way.steps.back().next = SymbolAt(key, way.last().depth) + 1;
      }
    } else {
      const bool passes = way.is_equal ? is_above
                          : way.child  ? way.leaf_symbol < way.key_symbol
                                       : false;
      way.steps.back().next =
          SymbolAt(key, way.last().depth) + (passes ? 1 : 0);
    }
    for (size_t i = 0; i + 1 < way.steps.size(); ++i) {
      way.steps[i].next = SymbolAt(key, way.steps[i].depth) + 1;
    }
    steps = std::move(way.steps);
    return true;
  }

  // Goes on from `steps` until the end, or the limit; false if a writer got in
  // between.
  template <class F>
  static bool Walk(Steps& steps, size_t limit, F& f, Progress& progress) {
    while (!steps.empty()) {
      Step& step = steps.back();
      const auto [symbol, child] = step.node->ChildFrom(step.next);
      if (!child) {
        if (!step.node->lock.Unchanged(step.version)) return false;
        steps.pop_back();
        continue;
      }
      if (!child.is_leaf()) {
        ArtNode* node = step.node;
        uint64_t version = step.version;
        if (!GoDown(node, version, child)) return false;
        step.next = symbol + 1;
        node->PrefetchChildren();
        steps.push_back({node, version, 0, kEnd});
        continue;
      }
      const Leaf& leaf = *LeafOf(child);
      leaf.CopyTo(progress.next);
      const uint64_t value = leaf.value.load(std::memory_order_relaxed);
      if (!step.node->lock.Unchanged(step.version)) return false;
      step.next = symbol + 1;
      progress.key.swap(progress.next);
      f(std::as_const(progress.key), std::bit_cast<Value>(value));
      if (++progress.visited == limit) return true;
    }
    return true;
  }

  // ---- Writing --------------------------------------------------------------

  // A new leaf before its place is found; given back if it is not needed.
  class NewLeaf {
   public:
    NewLeaf(BlockPool& pool, std::string_view key, uint64_t value)
        : pool_(pool), key_(key), value_(value) {}
    ~NewLeaf() {
      if (leaf_ != nullptr) Leaf::GiveBack(pool_, kLeafClasses, leaf_);
    }
    NewLeaf(const NewLeaf&) = delete;
    NewLeaf& operator=(const NewLeaf&) = delete;

    void Prepare() {
      if (leaf_ == nullptr) {
        leaf_ = Leaf::New(pool_, kLeafClasses, key_, value_);
      }
    }
    ArtChild Take() { return ArtChild::OfLeaf(std::exchange(leaf_, nullptr)); }

   private:
    BlockPool& pool_;
    const std::string_view key_;
    const uint64_t value_;
    Leaf* leaf_ = nullptr;
  };

  bool Put(std::string_view key, Value value, bool replace) {
    const auto word = std::bit_cast<uint64_t>(value);
    NewLeaf leaf(pool_, key, word);
    for (SpinWait wait;; wait()) {
      Way way;
      if (!Descend(key, way)) continue;
      if (way.is_equal) {
        if (!replace) return false;
        ArtNode& node = *way.last().node;
        if (!node.lock.TryLock(way.last().version)) continue;
        LeafOf(way.child)->value.store(word, std::memory_order_relaxed);
        node.lock.Unlock();
        return false;
      }
      leaf.Prepare();
      const size_t beyond = way.FirstBeyond();
      if (beyond < way.steps.size()) {
        if (SplitSkipped(key, way, beyond, leaf)) return true;
      } else if (way.child) {
        if (SplitLeaf(key, way, leaf)) return true;
      } else if (AddLeaf(key, way, leaf)) {
        return true;
      }
    }
  }

  // These return false if another thread has changed something; the caller
  // starts again.

  bool AddLeaf(std::string_view key, const Way& way, NewLeaf& leaf) {
    ArtNode& node = *way.last().node;
    const Symbol symbol = way.key_symbol;
    if (symbol == kEnd || !node.IsFull()) {
      if (!node.lock.TryLock(way.last().version)) return false;
      SetChild(node, symbol, leaf.Take());
      node.lock.Unlock();
      return true;
    }
    // Full, so not the root.
    return ReplaceNode(key, way, NextKind(node.kind), [&](ArtNode& larger) {
      SetChild(larger, symbol, leaf.Take());
    });
  }

  // Where a leaf of another key is: a node for both.
  bool SplitLeaf(std::string_view key, const Way& way, NewLeaf& leaf) {
    const Step& last = way.last();
    ArtNode& split = *NewNode(ArtKind::k4, way.shared_length - last.depth - 1);
    if (!last.node->lock.TryLock(last.version)) {
      DropNode(split);
      return false;
    }
    SetChild(split, way.leaf_symbol, way.child);
    SetChild(split, way.key_symbol, leaf.Take());
    Redirect(*last.node, SymbolAt(key, last.depth), ArtChild(&split));
    last.node->lock.Unlock();
    return true;
  }

  // Puts a node above that of a step which skips bytes that are not the key's.
  bool SplitSkipped(std::string_view key, const Way& way, size_t beyond,
                    NewLeaf& leaf) {
    const Step& parent = way.steps[beyond - 1];
    const Step& step = way.steps[beyond];
    const size_t shared = way.shared_length - parent.depth - 1;
    ArtNode& split = *NewNode(ArtKind::k4, shared);
    if (!LockBoth(parent, step)) {
      DropNode(split);
      return false;
    }
    SetChild(split, way.leaf_symbol, ArtChild(step.node));
    SetChild(split, way.key_symbol, leaf.Take());
    SetSkipped(*step.node, SkippedBy(*step.node) - shared - 1);
    Redirect(*parent.node, SymbolAt(key, parent.depth), ArtChild(&split));
    step.node->lock.Unlock();
    parent.node->lock.Unlock();
    return true;
  }

  // Takes the leaf at the end of the way out of the tree.
  bool Remove(std::string_view key, const Way& way) {
    const Step& last = way.last();
    ArtNode& node = *last.node;
    const Symbol symbol = SymbolAt(key, last.depth);
    if (way.steps.size() > 1) {
      const size_t count = node.ChildCount();
      if (count == 2) return RemoveNode(key, way);
      if (node.kind != ArtKind::k4 && count <= FewOf(node.kind)) {
        return ReplaceNode(
            key, way, PreviousKind(node.kind), [](ArtNode&) {}, symbol);
      }
    }
    if (!node.lock.TryLock(last.version)) return false;
    ClearChild(node, symbol);
    node.lock.Unlock();
    return true;
  }

  // Takes away the last node of the way, with the leaf there: its only other
  // child takes its place.
  bool RemoveNode(std::string_view key, const Way& way) {
    const Step& last = way.last();
    const Step& parent = way.steps[way.steps.size() - 2];
    if (!LockBoth(parent, last)) return false;
    ArtNode& node = *last.node;
    const ArtChild other = node.ChildBeside(way.child);
    if (!other.is_leaf()) {
      ArtNode& below = *other.node();
      uint64_t version = 0;
      if (!below.lock.TryRead(version) || !below.lock.TryLock(version)) {
        node.lock.Unlock();
        parent.node->lock.Unlock();
        return false;
      }
      SetSkipped(below, SkippedBy(below) + SkippedBy(node) + 1);
      Redirect(*parent.node, SymbolAt(key, parent.depth), other);
      below.lock.Unlock();
    } else {
      Redirect(*parent.node, SymbolAt(key, parent.depth), other);
    }
    parent.node->lock.Unlock();
    GiveBackNode(node);
    return true;
  }

  // Puts a node of another kind in place of the last one of the way, without
  // the child of `omitted`. `change` is called before others see it.
  template <class Change>
  bool ReplaceNode(std::string_view key, const Way& way, ArtKind kind,
                   Change change, Symbol omitted = ~Symbol{0}) {
    const Step& parent = way.steps[way.steps.size() - 2];
    const Step& last = way.last();
    ArtNode& node = *last.node;
    ArtNode& fresh = *NewNode(kind, 0);
    if (!LockBoth(parent, last)) {
      DropNode(fresh);
      return false;
    }
    SetSkipped(fresh, SkippedBy(node));
    for (Symbol from = kEnd;;) {
      const auto [symbol, child] = node.ChildFrom(from);
      if (!child) break;
      if (symbol != omitted) SetChild(fresh, symbol, child);
      from = symbol + 1;
    }
    change(fresh);
    Redirect(*parent.node, SymbolAt(key, parent.depth), ArtChild(&fresh));
    parent.node->lock.Unlock();
    GiveBackNode(node);
    return true;
  }

  static bool LockBoth(const Step& parent, const Step& step) {
    if (!parent.node->lock.TryLock(parent.version)) return false;
    if (step.node->lock.TryLock(step.version)) return true;
    parent.node->lock.Unlock();
    return false;
  }

  // Requires that there is no child for the symbol, and room.
  static void SetChild(ArtNode& node, Symbol symbol, ArtChild child) {
    if (symbol == kEnd) {
      node.SetEnd(child);
    } else {
      node.Add(static_cast<uint8_t>(symbol - 1), child);
    }
  }
  // Of a node, which is never at a key's end. Requires a child there, or a leaf
  // to be replaced.
  static void Redirect(ArtNode& node, Symbol symbol, ArtChild child) {
    if (symbol == kEnd) {
      node.SetEnd(child);
    } else {
      node.Replace(static_cast<uint8_t>(symbol - 1), child);
    }
  }
  static void ClearChild(ArtNode& node, Symbol symbol) {
    if (symbol == kEnd) {
      node.SetEnd(ArtChild());
    } else {
      node.Remove(static_cast<uint8_t>(symbol - 1));
    }
  }

  // ---- Memory ---------------------------------------------------------------

  static constexpr size_t kNodeClasses = 4;
  static constexpr size_t kLeafClasses = kNodeClasses;  // the first of leaves

  static ArtKind NextKind(ArtKind kind) {
    return static_cast<ArtKind>(static_cast<int>(kind) + 1);
  }
  static ArtKind PreviousKind(ArtKind kind) {
    return static_cast<ArtKind>(static_cast<int>(kind) - 1);
  }
  // With so many children, one of which goes, a node of the previous kind will
  // do; and not be full soon.
  static size_t FewOf(ArtKind kind) {
    constexpr size_t kFew[] = {0, 4, 13, 40};
    return kFew[static_cast<size_t>(kind)];
  }

  // Unlocked, and known to nobody who has not been overtaken.
  ArtNode* NewNode(ArtKind kind, size_t skipped) {
    const BlockPool::Block block =
        pool_.Take(static_cast<size_t>(kind), ArtNode::BytesOf(kind));
    if (!block.is_used) return ArtNode::Create(block.memory, kind, skipped);
    auto* const node = static_cast<ArtNode*>(block.memory);
    node->Clear();
    SetSkipped(*node, skipped);
    node->lock.Unlock();
    return node;
  }
  // Of a new one that is not needed.
  void DropNode(ArtNode& node) {
    node.lock.TryLock(node.lock.AwaitUnlocked());
    GiveBackNode(node);
  }
  // It stays locked.
  void GiveBackNode(ArtNode& node) {
    pool_.GiveBack(static_cast<size_t>(node.kind), &node);
  }

  BlockPool pool_{kNodeClasses + Leaf::kClassCount};
  ArtNode* const root_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_ART_STRING_OLC_H_
