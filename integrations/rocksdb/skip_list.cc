// SPDX-License-Identifier: Apache-2.0

#include "integrations/rocksdb/skip_list.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <thread>

#include "integrations/rocksdb/record.h"
#include "rocksdb/slice.h"

namespace pma_rocksdb {

int SkipList::RandomHeight() {
  // Xorshift: good enough to toss coins.
  static thread_local uint32_t random = static_cast<uint32_t>(
      std::hash<std::thread::id>()(std::this_thread::get_id()) | 1);
  int height = 1;
  do {
    random ^= random << 13;
    random ^= random >> 17;
    random ^= random << 5;
  } while (random % kBranching == 0 && height++ < kMaxHeight - 1);
  return height;
}

char* SkipList::MakeNode(void* memory, int height) {
  static_assert(sizeof(Node) == sizeof(Link));
  Link* links = static_cast<Link*>(memory);
  for (int i = 0; i < height; ++i) new (links + i) Link;
  Node* node = reinterpret_cast<Node*>(links + height - 1);
  node->StashHeight(height);
  return reinterpret_cast<char*>(node + 1);
}

void SkipList::FindOnLevel(const Slice& key, Node* before, Node* after,
                           int level, Node*& prev, Node*& next) const {
  for (;;) {
    Node* const candidate = before->Next(level);
    if (candidate != nullptr) {
      __builtin_prefetch(candidate->Next(level), 0, 1);
      if (level > 0) __builtin_prefetch(candidate->Next(level - 1), 0, 1);
    }
    if (candidate == after || !IsAfter(key, candidate)) {
      prev = before;
      next = candidate;
      return;
    }
    before = candidate;
  }
}

int SkipList::WrongUpTo(const Slice& key, const Splice& splice, int height,
                        bool near) const {
  int wrong = 0;
  while (wrong < height) {
    Node* const prev = splice.prev[wrong];
    Node* const next = splice.next[wrong];
    if (prev->Next(wrong) != next) {
      // Something was inserted there: perhaps it is right one level higher.
      ++wrong;
    } else if (!IsHead(prev) && !IsAfter(key, prev)) {
      if (!near) return height;
      while (splice.prev[wrong] == prev) ++wrong;
    } else if (IsAfter(key, next)) {
      if (!near) return height;
      while (splice.next[wrong] == next) ++wrong;
    } else {
      break;
    }
  }
  return wrong;
}

bool SkipList::IsDuplicate(const Slice& key, const Splice& splice) const {
  const Node* const prev = splice.prev[0];
  const Node* const next = splice.next[0];
  return (next != nullptr && order_(next->record(), key) <= 0) ||
         (!IsHead(prev) && order_(prev->record(), key) >= 0);
}

template <bool kConcurrent>
bool SkipList::Insert(const char* record, Splice& splice, bool near) {
  Node* const node = Node::Of(record);
  const Slice key = InternalKeyOf(record);
  const int node_height = node->StashedHeight();

  int height = height_.load(std::memory_order_relaxed);
  while (node_height > height &&
         !height_.compare_exchange_weak(height, node_height)) {
  }
  height = std::max(height, node_height);

  int wrong;
  if (splice.height < height) {
    splice.prev[height] = head();
    splice.next[height] = nullptr;
    splice.height = height;
    wrong = height;
  } else {
    wrong = WrongUpTo(key, splice, height, near);
  }
  for (int i = wrong - 1; i >= 0; --i) {
    FindOnLevel(key, splice.prev[i + 1], splice.next[i + 1], i, splice.prev[i],
                splice.next[i]);
  }

  bool splice_is_right = true;
  for (int i = 0; i < node_height; ++i) {
    const auto find_again = [&] {
      FindOnLevel(key, splice.prev[i], nullptr, i, splice.prev[i],
                  splice.next[i]);
    };
    if constexpr (!kConcurrent) {
      if (i >= wrong && splice.prev[i]->Next(i) != splice.next[i]) find_again();
    }
    for (;;) {
      if (i == 0 && IsDuplicate(key, splice)) return false;
      node->link(i).store(splice.next[i], std::memory_order_relaxed);
      if constexpr (kConcurrent) {
        Node* expected = splice.next[i];
        if (splice.prev[i]->link(i).compare_exchange_strong(expected, node)) {
          break;
        }
        find_again();
        // Narrower than the level below, perhaps.
        if (i > 0) splice_is_right = false;
      } else {
        splice.prev[i]->link(i).store(node, std::memory_order_release);
        break;
      }
    }
  }
  if (splice_is_right) {
    for (int i = 0; i < node_height; ++i) splice.prev[i] = node;
  } else {
    splice.height = 0;
  }
  return true;
}

template bool SkipList::Insert<false>(const char*, Splice&, bool);
template bool SkipList::Insert<true>(const char*, Splice&, bool);

SkipList::Node* SkipList::FirstFrom(const Slice& key) const {
  Node* node = head();
  int level = height_.load(std::memory_order_relaxed) - 1;
  const Node* after = nullptr;  // known to be after the key
  for (;;) {
    Node* const next = node->Next(level);
    if (next != nullptr) __builtin_prefetch(next->Next(level), 0, 1);
    const int order =
        next == nullptr || next == after ? 1 : order_(next->record(), key);
    if (order == 0 || (order > 0 && level == 0)) return next;
    if (order < 0) {
      node = next;
    } else {
      after = next;
      --level;
    }
  }
}

SkipList::Node* SkipList::LastBefore(const Slice& key) const {
  Node* node = head();
  int level = height_.load(std::memory_order_relaxed) - 1;
  const Node* not_before = nullptr;
  for (;;) {
    Node* const next = node->Next(level);
    if (next != nullptr) __builtin_prefetch(next->Next(level), 0, 1);
    if (next != not_before && IsAfter(key, next)) {
      node = next;
    } else if (level == 0) {
      return node;
    } else {
      not_before = next;
      --level;
    }
  }
}

SkipList::Node* SkipList::Last() const {
  Node* node = head();
  int level = height_.load(std::memory_order_relaxed) - 1;
  for (;;) {
    Node* const next = node->Next(level);
    if (next != nullptr) {
      node = next;
    } else if (level-- == 0) {
      return node;
    }
  }
}

uint64_t SkipList::EstimateCount(const Slice& key) const {
  uint64_t count = 0;
  const Node* node = head();
  int level = height_.load(std::memory_order_relaxed) - 1;
  for (;;) {
    const Node* const next = node->Next(level);
    if (IsAfter(key, next)) {
      node = next;
      ++count;
    } else if (level == 0) {
      return count;
    } else {
      count *= kBranching;
      --level;
    }
  }
}

}  // namespace pma_rocksdb
