// SPDX-License-Identifier: Apache-2.0

// An adaptive radix tree with optimistic lock coupling, for 64-bit keys and
// point operations only: the peer that is best at look-ups.
//
// After Leis, Kemper, Neumann, "The adaptive radix tree: ARTful indexing for
// main-memory databases" (2013), and Leis, Scheibner, Kemper, Neumann, "The ART
// of practical synchronization" (2016). A node branches on one byte of the key,
// the most significant first, and skips the bytes that all keys below it share.
// It comes in four sizes and is replaced by the next one when it is full.
//
// THREAD SAFETY. Every member may be called by any number of threads at once,
// except ForEach, construction and destruction.
//
// INVARIANTS
//  1. Memory is not freed before the tree is destroyed, so that any pointer
//     once read stays good. That includes replaced nodes and erased leaves: a
//     figure for its memory would say nothing about other trees of this kind.
//  2. A node that has been replaced stays locked for ever; its parent leads to
//     its successor. So who finds a node locked starts again from the root.
//  3. The root is a node of the largest size without shared bytes: it is never
//     replaced and never needs a parent.

#ifndef BENCH_MAPS_PEERS_ART_OLC_H_
#define BENCH_MAPS_PEERS_ART_OLC_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "bench/maps/peers/art_node.h"
#include "bench/maps/peers/node_arena.h"
#include "bench/maps/peers/version_lock.h"

namespace pma::bench {

struct ArtLeaf {
  ArtLeaf(uint64_t k, uint64_t v) : key(k), value(v) {}
  const uint64_t key;
  std::atomic<uint64_t> value;
};

template <class Value>
class ArtOlc {
  static_assert(sizeof(Value) == sizeof(uint64_t));

 public:
  ArtOlc() : root_(NewNode(ArtKind::k256, 0)) {}
  ArtOlc(const ArtOlc&) = delete;
  ArtOlc& operator=(const ArtOlc&) = delete;

  bool Find(uint64_t key, Value& value) const {
    for (SpinWait wait;; wait()) {
      const std::optional<const ArtLeaf*> leaf = FindLeaf(key);
      if (!leaf.has_value()) continue;
      if (*leaf == nullptr) return false;
      value =
          std::bit_cast<Value>((*leaf)->value.load(std::memory_order_acquire));
      return true;
    }
  }

  // False, and unchanged, if the key is present.
  bool Insert(uint64_t key, Value value) {
    return Put(key, value, /*replace=*/false);
  }
  // True if the key was not present.
  bool Assign(uint64_t key, Value value) {
    return Put(key, value, /*replace=*/true);
  }

  bool Erase(uint64_t key) {
    for (SpinWait wait;; wait()) {
      Path path;
      if (!Descend(key, path)) continue;
      if (path.mismatch || !path.child.is_leaf()) return false;
      if (LeafOf(path.child)->key != key) return false;
      if (!path.node->lock.TryLock(path.version)) continue;
      path.node->Remove(ByteOf(key, path.depth));
      path.node->lock.Unlock();
      return true;
    }
  }

  // f(key, value) in ascending order. No other call may be under way.
  template <class F>
  size_t ForEach(F f) const {
    return ForEachBelow(ArtChild(root_), f);
  }

  size_t NodeBytes() const {
    size_t bytes = 0;
    for (const NodeArena& arena : arenas_) bytes += arena.AllocatedBytes();
    return bytes;
  }

 private:
  // The node at which a key's way ends, and the child there: a leaf (of this or
  // another key) or none; or `mismatch`, if the node's shared bytes are not the
  // key's.
  struct Path {
    ArtNode* parent = nullptr;
    uint64_t parent_version = 0;
    ArtNode* node = nullptr;
    uint64_t version = 0;
    size_t depth = 0;         // of the byte by which the node branches
    size_t parent_depth = 0;  // likewise
    ArtChild child;
    bool mismatch = false;
    size_t shared_length = 0;  // of the bytes in which they agree
  };

  static ArtLeaf* LeafOf(ArtChild child) {
    return static_cast<ArtLeaf*>(child.leaf());
  }

  static uint8_t ByteOf(uint64_t key, size_t depth) {
    return static_cast<uint8_t>(key >> (56 - 8 * depth));
  }

  // The leaf of a key, or null; nothing if a writer got in between. It goes as
  // Descend does, but keeps nothing for a way back.
  std::optional<const ArtLeaf*> FindLeaf(uint64_t key) const {
    const ArtNode* node = root_;
    uint64_t version = 0;
    if (!node->lock.TryRead(version)) return std::nullopt;
    for (uint64_t rest = key;; rest <<= 8) {
      const ArtPrefix prefix = node->Prefix();
      if (const size_t length = prefix.length(); length != 0) {
        if (prefix.SharedLength(rest) < length) {
          if (!node->lock.Unchanged(version)) return std::nullopt;
          return nullptr;
        }
        rest <<= 8 * length;
      }
      const ArtChild child = node->Find(FirstByte(rest));
      if (!child || child.is_leaf()) {
        if (!node->lock.Unchanged(version)) return std::nullopt;
        if (!child) return nullptr;
        const ArtLeaf* const leaf = LeafOf(child);
        return leaf->key == key ? leaf : nullptr;
      }
      // The child's lock before the node's: who shortens the child's shared
      // bytes holds both.
      uint64_t child_version = 0;
      if (!child.node()->lock.TryRead(child_version)) return std::nullopt;
      if (!node->lock.Unchanged(version)) return std::nullopt;
      node = child.node();
      version = child_version;
    }
  }

  // A look-up must not shift by an amount that it computes for every byte: an
  // x86 without BMI2 then writes a part of a register, so that one look-up
  // waits for the child which the one before it loads.
  static uint8_t FirstByte(uint64_t rest) {
    return static_cast<uint8_t>(rest >> 56);
  }

  // False if a writer got in between.
  bool Descend(uint64_t key, Path& path) const {
    ArtNode* node = root_;
    uint64_t version = 0;
    if (!node->lock.TryRead(version)) return false;
    size_t depth = 0;
    for (uint64_t rest = key;; rest <<= 8) {
      const ArtPrefix prefix = node->Prefix();
      const size_t shared = prefix.SharedLength(rest);
      path.node = node;
      path.version = version;
      path.depth = depth + prefix.length();
      if (shared < prefix.length()) {
        path.depth = depth;
        path.mismatch = true;
        path.shared_length = shared;
        return node->lock.Unchanged(version);
      }
      rest <<= 8 * prefix.length();
      path.child = node->Find(FirstByte(rest));
      if (!path.child || path.child.is_leaf()) {
        return node->lock.Unchanged(version);
      }
      ArtNode* const child = path.child.node();
      uint64_t child_version = 0;
      if (!child->lock.TryRead(child_version)) return false;
      if (!node->lock.Unchanged(version)) return false;
      path.parent = node;
      path.parent_version = version;
      path.parent_depth = path.depth;
      depth = path.depth + 1;
      node = child;
      version = child_version;
    }
  }

  bool Put(uint64_t key, Value value, bool replace) {
    const auto word = std::bit_cast<uint64_t>(value);
    for (SpinWait wait;; wait()) {
      Path path;
      if (!Descend(key, path)) continue;
      if (path.mismatch) {
        if (SplitPrefix(path, key, word)) return true;
        continue;
      }
      if (!path.child) {
        if (AddLeaf(path, key, word)) return true;
        continue;
      }
      ArtLeaf& leaf = *LeafOf(path.child);
      if (leaf.key == key && !replace) return false;
      if (!path.node->lock.TryLock(path.version)) continue;
      const bool inserts = leaf.key != key;
      if (inserts) {
        SplitLeaf(path, key, word);
      } else {
        leaf.value.store(word, std::memory_order_release);
      }
      path.node->lock.Unlock();
      return inserts;
    }
  }

  // These return false if another thread has changed something; the caller
  // starts again.

  bool AddLeaf(const Path& path, uint64_t key, uint64_t value) {
    ArtNode& node = *path.node;
    const uint8_t byte = ByteOf(key, path.depth);
    if (!node.IsFull()) {
      if (!node.lock.TryLock(path.version)) return false;
      node.Add(byte, NewLeaf(key, value));
      node.lock.Unlock();
      return true;
    }
    if (!path.parent->lock.TryLock(path.parent_version)) return false;
    if (!node.lock.TryLock(path.version)) {
      path.parent->lock.Unlock();
      return false;
    }
    ArtNode* const larger = NewNode(NextKind(node.kind), node.Prefix().bits());
    node.ForEachChild(
        [&](uint8_t b, ArtChild child) { larger->Add(b, child); });
    larger->Add(byte, NewLeaf(key, value));
    path.parent->Replace(ByteOf(key, path.parent_depth), ArtChild(larger));
    path.parent->lock.Unlock();
    return true;  // `node` stays locked
  }

  // Where a leaf of another key is: a node for both. The node of `path` is
  // locked.
  void SplitLeaf(const Path& path, uint64_t key, uint64_t value) {
    const uint64_t other = LeafOf(path.child)->key;
    const size_t begin = path.depth + 1;
    const size_t end = static_cast<size_t>(std::countl_zero(key ^ other)) / 8;
    ArtNode* const split =
        NewNode(ArtKind::k4, ArtPrefix::Of(key, begin, end - begin).bits());
    split->Add(ByteOf(other, end), path.child);
    split->Add(ByteOf(key, end), NewLeaf(key, value));
    path.node->Replace(ByteOf(key, path.depth), ArtChild(split));
  }

  // Puts a node above one whose shared bytes are not the key's.
  bool SplitPrefix(const Path& path, uint64_t key, uint64_t value) {
    if (!path.parent->lock.TryLock(path.parent_version)) return false;
    ArtNode& node = *path.node;
    if (!node.lock.TryLock(path.version)) {
      path.parent->lock.Unlock();
      return false;
    }
    const ArtPrefix prefix = node.Prefix();
    const size_t shared = path.shared_length;
    ArtNode* const split =
        NewNode(ArtKind::k4, ArtPrefix::Of(key, path.depth, shared).bits());
    split->Add(prefix.ByteAt(shared), ArtChild(&node));
    split->Add(ByteOf(key, path.depth + shared), NewLeaf(key, value));
    node.SetPrefix(prefix.Without(shared + 1));
    path.parent->Replace(ByteOf(key, path.parent_depth), ArtChild(split));
    node.lock.Unlock();
    path.parent->lock.Unlock();
    return true;
  }

  template <class F>
  static size_t ForEachBelow(ArtChild child, F& f) {
    if (child.is_leaf()) {
      const ArtLeaf& leaf = *LeafOf(child);
      f(leaf.key, std::bit_cast<Value>(leaf.value.load()));
      return 1;
    }
    std::vector<std::pair<uint8_t, ArtChild>> children;
    child.node()->ForEachChild(
        [&](uint8_t byte, ArtChild c) { children.emplace_back(byte, c); });
    std::sort(children.begin(), children.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    size_t visited = 0;
    for (const auto& [byte, c] : children) visited += ForEachBelow(c, f);
    return visited;
  }

  // ---- Memory ---------------------------------------------------------------

  static ArtKind NextKind(ArtKind kind) {
    return static_cast<ArtKind>(static_cast<int>(kind) + 1);
  }

  // Few threads share an arena.
  NodeArena& Arena() {
    thread_local const size_t stripe =
        std::hash<std::thread::id>()(std::this_thread::get_id());
    return arenas_[stripe % arenas_.size()];
  }

  ArtNode* NewNode(ArtKind kind, uint64_t prefix) {
    return ArtNode::Create(Arena().Allocate(ArtNode::BytesOf(kind)), kind,
                           prefix);
  }
  ArtChild NewLeaf(uint64_t key, uint64_t value) {
    return ArtChild::OfLeaf(new (Arena().Allocate(sizeof(ArtLeaf)))
                                ArtLeaf{key, value});
  }

  std::array<NodeArena, 8> arenas_;
  ArtNode* const root_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_ART_OLC_H_
