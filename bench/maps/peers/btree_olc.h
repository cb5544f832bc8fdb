// SPDX-License-Identifier: Apache-2.0

// A B+-tree with optimistic lock coupling: the strongest peer we could build,
// so that the map is not compared with locked trees alone.
//
// After Leis, Haubenschild, Neumann, "Optimistic lock coupling: a scalable and
// efficient general-purpose synchronization method" (2019), and Leis,
// Scheibner, Kemper, Neumann, "The ART of practical synchronization" (2016).
// What is ours: nodes of 4 KiB in huge pages, set apart by a cache line so that
// their headers do not fall into the same cache sets; look-ups prefetch lines
// of the next node before they know what is in it; a split follows the
// insertion, so that ascending and descending loads leave full leaves.
//
// THREAD SAFETY. Every member may be called by any number of threads at once,
// except FreeRetired, Size, construction and destruction.
//
// A reader notes the version of a node, reads, and looks whether the version is
// still the same; else it starts again from the root. So readers wait for
// writers, and a writer that stops in the middle stops everybody at its node.
//
// INVARIANTS
//  1. Nodes are never freed or merged before the tree is destroyed, so that any
//     pointer once read stays good, and the least key a leaf may hold never
//     changes: what splits off goes to the right. A scan may therefore step
//     along the leaves. (A leaf whose keys are all erased stays.)
//  2. Separator i of an inner node is <= every key under child i + 1 and above
//     every key under child i.
//  3. Keys and values are words. A key that does not fit lies in a box; boxes
//     of erased keys are kept until FreeRetired.
//
// Every word that threads race on is accessed as an atomic, but for the copies
// of racy_words.h.

#ifndef BENCH_MAPS_PEERS_BTREE_OLC_H_
#define BENCH_MAPS_PEERS_BTREE_OLC_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "bench/maps/peers/node_arena.h"
#include "bench/maps/peers/olc_key_codec.h"
#include "bench/maps/peers/racy_words.h"
#include "bench/maps/peers/version_lock.h"

namespace pma::bench {

// `Key` is a 64-bit integer or std::string; `Value` is trivially copyable and
// has eight bytes. `kNodeBytes` is for tests.
template <class Key, class Value, class Allocator = std::allocator<std::byte>,
          size_t kNodeBytes = 4096>
class BTreeOlc {
  using Codec = OlcKeyCodec<Key, Allocator>;
  static_assert(sizeof(Value) == sizeof(uint64_t));

 public:
  BTreeOlc() { root_.store(New<Leaf>(0u)); }

  ~BTreeOlc() {
    FreeRetired();
    if constexpr (Codec::kBoxed) FreeBoxes(root_.load());
  }
  BTreeOlc(const BTreeOlc&) = delete;
  BTreeOlc& operator=(const BTreeOlc&) = delete;

  bool Find(const Key& key, Value& value) const {
    for (SpinWait wait;; wait()) {
      Path path;
      if (!Descend(AtOrBefore(key), path)) continue;
      const size_t count = path.leaf->Count();
      const size_t i = CountWhere(path.leaf->keys, count, Before(key));
      const bool found =
          i < count && Codec::View(LoadKey(path.leaf->keys[i])) == key;
      const uint64_t word = found ? LoadWord(path.leaf->values[i]) : 0;
      if (!path.leaf->lock.Unchanged(path.version)) continue;
      if (found) value = std::bit_cast<Value>(word);
      return found;
    }
  }

  // False, and unchanged, if the key is present.
  bool Insert(const Key& key, Value value) {
    return Put(key, value, /*replace=*/false);
  }

  // True if the key was not present.
  bool Assign(const Key& key, Value value) {
    return Put(key, value, /*replace=*/true);
  }

  bool Erase(const Key& key) {
    for (SpinWait wait;; wait()) {
      Path path;
      if (!Descend(AtOrBefore(key), path)) continue;
      Leaf& leaf = *path.leaf;
      const size_t count = leaf.Count();
      const size_t i = CountWhere(leaf.keys, count, Before(key));
      const bool found = i < count && Codec::View(LoadKey(leaf.keys[i])) == key;
      if (!found) {
        if (leaf.lock.Unchanged(path.version)) return false;
        continue;
      }
      if (!leaf.lock.TryLock(path.version)) continue;
      if constexpr (Codec::kBoxed) {
        const std::lock_guard lock(retired_mutex_);
        retired_.push_back(leaf.keys[i]);
      }
      MoveKeys(leaf.keys + i, leaf.keys + i + 1, count - i - 1);
      MoveWords(leaf.values + i, leaf.values + i + 1, count - i - 1);
      leaf.SetCount(count - 1);
      leaf.lock.Unlock();
      return true;
    }
  }

  // f(key, value) on the entry with the greatest key <= `key`, if any.
  template <class F>
  bool Floor(const Key& key, F f) const {
    // A leaf may hold nothing at or before the key: then the answer is the last
    // entry before the leaf's own bound.
    std::optional<uint64_t> bound;
    for (SpinWait wait;;) {
      Path path;
      const auto wanted = [&](uint64_t word) {
        return bound ? Codec::View(word) < Codec::View(*bound)
                     : !(key < Codec::View(word));
      };
      if (!Descend(wanted, path)) {
        wait();
        continue;
      }
      const Leaf& leaf = *path.leaf;
      const size_t after = CountWhere(leaf.keys, leaf.Count(), wanted);
      const uint64_t found = after > 0 ? LoadKey(leaf.keys[after - 1]) : 0;
      const uint64_t value = after > 0 ? LoadWord(leaf.values[after - 1]) : 0;
      if (!leaf.lock.Unchanged(path.version)) {
        wait();
        continue;
      }
      if (after > 0) {
        f(Codec::View(found), std::bit_cast<Value>(value));
        return true;
      }
      if (!path.bound) return false;
      bound = path.bound;
    }
  }

  // f(key, value) in ascending order, at most `limit` times, from the first
  // entry not below `key`; returns how often. Each leaf is read at one instant.
  template <class F>
  size_t Scan(const Key& key, size_t limit, F f) const {
    Path path;
    for (SpinWait wait; !Descend(AtOrBefore(key), path);) wait();
    size_t visited = 0;
    for (const Leaf* leaf = path.leaf; leaf != nullptr && visited < limit;) {
      leaf = VisitLeaf(
          *leaf, limit - visited,
          [&](size_t count) {
            return visited > 0 ? 0 : CountWhere(leaf->keys, count, Before(key));
          },
          f, visited);
    }
    return visited;
  }

  template <class F>
  size_t ScanAll(F f) const {
    size_t visited = 0;
    for (const Leaf* leaf = FirstLeaf(); leaf != nullptr;) {
      leaf = VisitLeaf(
          *leaf, kLeafCells, [](size_t) { return size_t{0}; }, f, visited);
    }
    return visited;
  }

  // Frees the boxes of erased keys. No other call may be under way.
  void FreeRetired() {
    for (const uint64_t word : retired_) Codec::Free(word);
    retired_.clear();
  }

  // No other call may be under way. O(leaves).
  size_t Size() const {
    size_t size = 0;
    for (const Leaf* leaf = FirstLeaf(); leaf != nullptr;
         leaf = leaf->next.load(std::memory_order_acquire)) {
      size += leaf->Count();
    }
    return size;
  }

  // Of the nodes; boxes come from `Allocator`.
  size_t NodeBytes() const { return arena_.AllocatedBytes(); }

 private:
  static constexpr size_t kLineBytes = 64;

  // ---- Nodes ----------------------------------------------------------------

  struct Node {
    explicit Node(uint32_t node_level) : level(node_level) {}

    size_t Count() const { return count.load(std::memory_order_acquire); }
    void SetCount(size_t n) {
      count.store(static_cast<uint32_t>(n), std::memory_order_release);
    }

    VersionLock lock;
    // Released after the cells it covers, so that no reader of any version
    // meets a cell that was never written.
    std::atomic<uint32_t> count{0};
    const uint32_t level;  // 0: a leaf
  };

  static constexpr size_t kLeafCells = (kNodeBytes - sizeof(Node) - 8) / 16;
  static constexpr size_t kSeparators = (kNodeBytes - sizeof(Node) - 8) / 16;
  static_assert(kSeparators >= 3);

  // Cells beyond the count are not initialised.
  struct Leaf : Node {
    using Node::Node;
    std::atomic<Leaf*> next{nullptr};
    uint64_t keys[kLeafCells];
    uint64_t values[kLeafCells];
  };
  struct Inner : Node {
    using Node::Node;
    uint64_t keys[kSeparators];
    Node* children[kSeparators + 1];
  };
  static_assert(sizeof(Leaf) <= kNodeBytes && sizeof(Inner) <= kNodeBytes);

  template <class T>
  T* New(uint32_t level) {
    return new (arena_.Allocate(kNodeBytes + kLineBytes)) T(level);
  }

  // Readers follow a box before they validate: its content must be visible.
  static constexpr std::memory_order kKeyStore =
      Codec::kBoxed ? std::memory_order_release : std::memory_order_relaxed;
  static uint64_t LoadKey(const uint64_t& word) {
    return LoadWord(word, Codec::kBoxed ? std::memory_order_acquire
                                        : std::memory_order_relaxed);
  }
  static void MoveKeys(uint64_t* to, const uint64_t* from, size_t count) {
    MoveWords<Codec::kBoxed>(to, from, count);
  }

  // ---- Search ---------------------------------------------------------------

  static auto Before(const Key& key) {
    return [&key](uint64_t word) { return Codec::View(word) < key; };
  }
  static auto AtOrBefore(const Key& key) {
    return [&key](uint64_t word) { return !(key < Codec::View(word)); };
  }

  // How many of the first `count` words satisfy the predicate, which holds for
  // a prefix of them. (Comparing one key of each cache line group at once, with
  // no branch at all, was slower.)
  template <class Predicate>
  static size_t CountWhere(const uint64_t* words, size_t count,
                           const Predicate& predicate) {
    size_t base = 0;
    while (count > 1) {
      const size_t half = count / 2;
      base += predicate(LoadKey(words[base + half - 1])) ? half : 0;
      count -= half;
    }
    return base + (count == 1 && predicate(LoadKey(words[base])) ? 1 : 0);
  }

  // Asks for the header and every fourth line of the keys, before the header
  // has arrived that says how many there are: by then the first steps of the
  // search find their lines there or on the way.
  static void PrefetchForSearch(const Node* node) {
    const char* const begin = reinterpret_cast<const char*>(node);
    for (size_t at = 0; at < kNodeBytes / 2; at += 4 * kLineBytes) {
      __builtin_prefetch(begin + at);
    }
  }

  struct Path {
    Inner* parent = nullptr;
    uint64_t parent_version = 0;
    Leaf* leaf = nullptr;
    uint64_t version = 0;
    std::optional<uint64_t> bound;  // the separator before the leaf, if any
  };

  // Walks to the leaf after the last separator for which `right` holds. False
  // if a writer got in between.
  template <class Right>
  bool Descend(const Right& right, Path& path) const {
    Node* node = root_.load(std::memory_order_acquire);
    uint64_t version = node->lock.AwaitUnlocked();
    // Else another root lies above it by now.
    if (node != root_.load(std::memory_order_acquire)) return false;
    while (node->level > 0) {
      auto* const inner = static_cast<Inner*>(node);
      const size_t i = CountWhere(inner->keys, inner->Count(), right);
      if (i > 0) path.bound = LoadKey(inner->keys[i - 1]);
      Node* const child =
          LoadWord(inner->children[i], std::memory_order_acquire);
      PrefetchForSearch(child);
      const uint64_t child_version = child->lock.AwaitUnlocked();
      // The child's version belongs to the time when it was the right child.
      if (!inner->lock.Unchanged(version)) return false;
      path.parent = inner;
      path.parent_version = version;
      node = child;
      version = child_version;
    }
    path.leaf = static_cast<Leaf*>(node);
    path.version = version;
    return true;
  }

  const Leaf* FirstLeaf() const {
    Path path;
    const auto never = [](uint64_t) { return false; };
    for (SpinWait wait; !Descend(never, path);) wait();
    return path.leaf;
  }

  // Calls f on at most `limit` entries from position start(count) of a leaf, as
  // they were at one instant; returns the next leaf.
  template <class Start, class F>
  const Leaf* VisitLeaf(const Leaf& leaf, size_t limit, const Start& start,
                        F& f, size_t& visited) const {
    uint64_t keys[kLeafCells];
    uint64_t values[kLeafCells];
    const Leaf* next = nullptr;
    size_t length = 0;
    for (SpinWait wait;; wait()) {
      const uint64_t version = leaf.lock.AwaitUnlocked();
      next = leaf.next.load(std::memory_order_acquire);
      if (next != nullptr) {
        __builtin_prefetch(next);
        __builtin_prefetch(next->values);
      }
      const size_t count = leaf.Count();
      const size_t first = start(count);
      length = std::min(limit, count - first);
      CopyWords<Codec::kBoxed>(keys, leaf.keys + first, length);
      CopyWords(values, leaf.values + first, length);
      if (leaf.lock.Unchanged(version)) break;
    }
    for (size_t i = 0; i < length; ++i) {
      f(Codec::View(keys[i]), std::bit_cast<Value>(values[i]));
    }
    visited += length;
    return next;
  }

  // ---- Writing --------------------------------------------------------------

  // A boxed key before its cell is found; freed if it is not needed.
  class NewKey {
   public:
    explicit NewKey(const Key& key) : key_(key) {}
    ~NewKey() {
      if (prepared_) Codec::Free(word_);
    }
    NewKey(const NewKey&) = delete;
    NewKey& operator=(const NewKey&) = delete;

    void Prepare() {
      if (!prepared_) word_ = Codec::Box(key_);
      prepared_ = true;
    }
    uint64_t Take() {
      prepared_ = false;
      return word_;
    }

   private:
    const Key& key_;
    uint64_t word_ = 0;
    bool prepared_ = false;
  };

  bool Put(const Key& key, Value value, bool replace) {
    NewKey new_key(key);
    for (SpinWait wait;; wait()) {
      Path path;
      if (!Descend(AtOrBefore(key), path)) continue;
      Leaf& leaf = *path.leaf;
      const size_t count = leaf.Count();
      const size_t i = CountWhere(leaf.keys, count, Before(key));
      if (i < count && Codec::View(LoadKey(leaf.keys[i])) == key) {
        if (!replace) {
          if (leaf.lock.Unchanged(path.version)) return false;
          continue;
        }
        if (!leaf.lock.TryLock(path.version)) continue;
        StoreWord(leaf.values[i], std::bit_cast<uint64_t>(value));
        leaf.lock.Unlock();
        return false;
      }
      if (count == kLeafCells) {
        MakeRoom(path, key, i);
        continue;
      }
      new_key.Prepare();
      if (!leaf.lock.TryLock(path.version)) continue;
      MoveKeys(leaf.keys + i + 1, leaf.keys + i, count - i);
      MoveWords(leaf.values + i + 1, leaf.values + i, count - i);
      StoreWord(leaf.keys[i], new_key.Take(), kKeyStore);
      StoreWord(leaf.values[i], std::bit_cast<uint64_t>(value));
      leaf.SetCount(count + 1);
      leaf.lock.Unlock();
      return true;
    }
  }

  // Splits the leaf of `path`, which is full and is to get a key at `position`;
  // or, if its parent is full, an inner node above. The caller starts again,
  // whether or not it succeeded.
  void MakeRoom(const Path& path, const Key& key, size_t position) {
    if (path.parent != nullptr && path.parent->Count() == kSeparators) {
      SplitFullInner(key);
      return;
    }
    if (!LockBoth(path.parent, path.parent_version, *path.leaf, path.version)) {
      return;
    }
    Leaf& left = *path.leaf;
    Leaf* const right = New<Leaf>(0u);
    // After the insertion: a run of keys leaves full leaves behind.
    const size_t keep = position == kLeafCells ? kLeafCells - 1
                        : position == 0        ? 1
                                               : kLeafCells / 2;
    const size_t moved = kLeafCells - keep;
    MoveKeys(right->keys, left.keys + keep, moved);
    MoveWords(right->values, left.values + keep, moved);
    right->SetCount(moved);
    right->next.store(left.next.load(std::memory_order_relaxed),
                      std::memory_order_relaxed);
    left.next.store(right, std::memory_order_release);
    left.SetCount(keep);
    AddChild(path.parent, left, Codec::Box(Codec::View(right->keys[0])), right);
    UnlockBoth(path.parent, left);
  }

  // Splits the topmost full inner node on the way to `key`; so its parent, if
  // it has one, takes one more child. Does nothing if another thread did it.
  void SplitFullInner(const Key& key) {
    Inner* parent = nullptr;
    uint64_t parent_version = 0;
    Node* node = root_.load(std::memory_order_acquire);
    uint64_t version = node->lock.AwaitUnlocked();
    if (node != root_.load(std::memory_order_acquire)) return;
    for (;;) {
      if (node->level == 0) return;
      auto* const inner = static_cast<Inner*>(node);
      const size_t count = inner->Count();
      if (count == kSeparators) break;
      const size_t i = CountWhere(inner->keys, count, AtOrBefore(key));
      Node* const child =
          LoadWord(inner->children[i], std::memory_order_acquire);
      const uint64_t child_version = child->lock.AwaitUnlocked();
      if (!inner->lock.Unchanged(version)) return;
      parent = inner;
      parent_version = version;
      node = child;
      version = child_version;
    }
    if (!LockBoth(parent, parent_version, *node, version)) return;
    auto& left = static_cast<Inner&>(*node);
    auto* const right = New<Inner>(left.level);
    const size_t at = CountWhere(left.keys, kSeparators, AtOrBefore(key));
    // Separator `keep` goes up; the separators after it go to the right.
    const size_t keep = at == kSeparators ? kSeparators - 1
                        : at == 0         ? 1
                                          : kSeparators / 2;
    const size_t moved = kSeparators - keep - 1;
    MoveKeys(right->keys, left.keys + keep + 1, moved);
    MoveWords<true>(right->children, left.children + keep + 1, moved + 1);
    right->SetCount(moved);
    const uint64_t separator = left.keys[keep];
    left.SetCount(keep);
    AddChild(parent, left, separator, right);
    UnlockBoth(parent, left);
  }

  // `parent` is null for the root, which cannot cease to be it without a change
  // of its own version.
  static bool LockBoth(Inner* parent, uint64_t parent_version, Node& node,
                       uint64_t version) {
    if (parent != nullptr && !parent->lock.TryLock(parent_version))
      return false;
    if (node.lock.TryLock(version)) return true;
    if (parent != nullptr) parent->lock.Unlock();
    return false;
  }
  static void UnlockBoth(Inner* parent, Node& node) {
    node.lock.Unlock();
    if (parent != nullptr) parent->lock.Unlock();
  }

  // Hangs `right` beside `left`, both locked, under `parent` or a new root.
  void AddChild(Inner* parent, Node& left, uint64_t separator, Node* right) {
    if (parent == nullptr) {
      auto* const root = New<Inner>(left.level + 1);
      root->keys[0] = separator;
      root->children[0] = &left;
      root->children[1] = right;
      root->SetCount(1);
      root_.store(root, std::memory_order_release);
      return;
    }
    const size_t count = parent->Count();
    const size_t i = CountWhere(parent->keys, count, [&](uint64_t word) {
      return Codec::View(word) < Codec::View(separator);
    });
    MoveKeys(parent->keys + i + 1, parent->keys + i, count - i);
    MoveWords<true>(parent->children + i + 2, parent->children + i + 1,
                    count - i);
    StoreWord(parent->keys[i], separator, kKeyStore);
    StoreWord(parent->children[i + 1], right, std::memory_order_release);
    parent->SetCount(count + 1);
  }

  static void FreeBoxes(Node* node) {
    const size_t count = node->Count();
    if (node->level == 0) {
      Leaf* const leaf = static_cast<Leaf*>(node);
      std::for_each(leaf->keys, leaf->keys + count, &Codec::Free);
      return;
    }
    auto* const inner = static_cast<Inner*>(node);
    std::for_each(inner->keys, inner->keys + count, &Codec::Free);
    std::for_each(inner->children, inner->children + count + 1, &FreeBoxes);
  }

  NodeArena arena_;
  std::atomic<Node*> root_{nullptr};
  std::mutex retired_mutex_;
  std::vector<uint64_t> retired_;
};

}  // namespace pma::bench

#endif  // BENCH_MAPS_PEERS_BTREE_OLC_H_
