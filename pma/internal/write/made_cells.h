// SPDX-License-Identifier: Apache-2.0

// Cells made of entries of the user's that come in ascending order, before they
// are put into a map many at a time.

#ifndef PMA_INTERNAL_WRITE_MADE_CELLS_H_
#define PMA_INTERNAL_WRITE_MADE_CELLS_H_

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "pma/internal/machine/exceptions.h"
#include "pma/internal/machine/list.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

// Cells side by side; those not given to the map are freed.
template <class Types>
class MadeCells {
  using KeyCodec = typename Types::KeyCodec;
  using ValueCodec = typename Types::ValueCodec;
  using KeyBits = typename Types::KeyBits;
  using ValueBits = typename Types::ValueBits;

 public:
  explicit MadeCells(Tree<Types>& tree) : tree_(tree) {}
  ~MadeCells() { Clear(); }
  MadeCells(const MadeCells&) = delete;
  MadeCells& operator=(const MadeCells&) = delete;

  size_t size() const { return keys_.size(); }
  const KeyBits& key(size_t i) const { return keys_[i]; }
  const ValueBits& value(size_t i) const { return values_[i]; }
  const KeyBits* keys() const { return keys_.data(); }
  const ValueBits* values() const { return values_.data(); }
  decltype(auto) KeyAt(size_t i) const { return KeyCodec::View(keys_[i]); }

  // Makes one more. Throws what allocation, copies and moves throw.
  template <class KeyArg, class ValueArg>
  void Add(KeyArg&& key, ValueArg&& value) {
    if (keys_.size() == keys_.capacity()) Grow();
    const KeyBits key_bits = tree_.MakeKey(std::forward<KeyArg>(key));
    if constexpr (KeyCodec::kBoxed) {
      Rollback free_key([&] { tree_.DestroyKey(key_bits); });
      values_.push_back(tree_.MakeValue(std::forward<ValueArg>(value)));
      free_key.Dismiss();
    } else {
      values_.push_back(tree_.MakeValue(std::forward<ValueArg>(value)));
    }
    keys_.push_back(key_bits);
  }

  // Whether anything has to be freed.
  static constexpr bool kOwning = KeyCodec::kBoxed || ValueCodec::kBoxed;
  // The key or the value is the map's now.
  void GaveKey(size_t i) {
    if constexpr (KeyCodec::kBoxed) keys_[i] = {};
  }
  void GaveValue(size_t i) {
    if constexpr (ValueCodec::kBoxed) values_[i] = {};
  }
  // All cells are.
  void GaveAll() {
    keys_.clear();
    values_.clear();
  }
  // Frees what has not been given.
  void Clear() {
    if constexpr (kOwning) {
      for (size_t i = 0; i < size(); ++i) {
        if (IsHere<KeyCodec>(keys_[i])) tree_.DestroyKey(keys_[i]);
        if (IsHere<ValueCodec>(values_[i])) tree_.DestroyValue(values_[i]);
      }
    }
    GaveAll();
  }

 private:
  template <class Codec>
  static bool IsHere(const typename Codec::Bits& bits) {
    if constexpr (Codec::kBoxed) return Codec::BoxOf(bits) != nullptr;
    return false;
  }
  [[gnu::noinline]] void Grow() {
    const size_t wanted = std::max<size_t>(64, keys_.capacity() * 2);
    // The keys' capacity last: it is the one that is asked for.
    values_.reserve(wanted);
    keys_.reserve(wanted);
  }

  Tree<Types>& tree_;
  List<KeyBits> keys_;
  List<ValueBits> values_;
};

// Makes cells of entries and sees that each key is greater than the one before.
template <class Types>
class AscendingCells {
  using Key = typename Types::Key;

 public:
  // `who` is the member function that is to be named.
  AscendingCells(Tree<Types>& tree, const char* who)
      : tree_(tree), who_(who), cells_(tree) {}

  MadeCells<Types>& cells() { return cells_; }

  // Makes a cell of `entry`, which has a .first and a .second, unless its key
  // is not greater than the one before: then the answer is false, and Refuse()
  // is next. Throws what allocation, the comparator, copies and moves throw.
  template <class Entry>
  bool Add(Entry&& entry) {
    using First = Taken<decltype(entry.first), Entry>;
    using Second = Taken<decltype(entry.second), Entry>;
    if constexpr (std::is_same_v<std::remove_cvref_t<First>, Key>) {
      const Key& key = entry.first;
      if (!IsNext(key)) return false;
      cells_.Add(static_cast<First>(entry.first),
                 static_cast<Second>(entry.second));
    } else {
      Key key(static_cast<First>(entry.first));
      if (!IsNext(key)) return false;
      cells_.Add(std::move(key), static_cast<Second>(entry.second));
    }
    ++seen_;
    return true;
  }
  // Before the cells are given away: keeps the last key. Throws what its copy
  // throws.
  void KeepLast() {
    if (cells_.size() > 0) last_.emplace(cells_.KeyAt(cells_.size() - 1));
  }
  // Throws std::invalid_argument, which names the entry that did not ascend.
  [[noreturn, gnu::cold]] void Refuse() const {
    const std::string cause = std::string("pma: ") + who_ + ": element " +
                              std::to_string(seen_) +
                              " is not greater than the one before";
    internal::Throw<std::invalid_argument>(cause.c_str());
  }

 private:
  // How a member is taken of an entry that is forwarded, as std::get does it:
  // as the entry is, or, if it refers to something, as it refers to that.
  template <class Member, class Entry,
            class Its = std::conditional_t<
                std::is_const_v<std::remove_reference_t<Entry>>, const Member,
                Member>>
  using Taken =
      std::conditional_t<std::is_lvalue_reference_v<Entry>, Its&, Its&&>;

  bool IsNext(const Key& key) const {
    assert(tree_.order().Admits(key) &&
           "pma: this is NaN, or Compare takes a key to be less than itself");
    const auto& order = tree_.order();
    if (cells_.size() > 0) {
      // As it is stored: texts would be copied to be shown.
      const typename Types::Order::template ProbeFor<Key> probe(key);
      return order.template Before<typename Types::KeyCodec>(
          cells_.key(cells_.size() - 1), probe);
    }
    return !last_.has_value() || order.compare()(*last_, key);
  }

  Tree<Types>& tree_;
  const char* const who_;
  size_t seen_ = 0;
  MadeCells<Types> cells_;
  std::optional<Key> last_;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_MADE_CELLS_H_
