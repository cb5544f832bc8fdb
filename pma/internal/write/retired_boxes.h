// SPDX-License-Identifier: Apache-2.0

// The boxes that an operation has unlinked, until its guard is gone.
//
// They could be seen under that guard, so whoever collects under it collects
// them in vain. Afterwards, if no other thread has ever used a map, nobody can
// see them: they are freed at once. Else they are retired, and collected if it
// is time for that.

#ifndef PMA_INTERNAL_WRITE_RETIRED_BOXES_H_
#define PMA_INTERNAL_WRITE_RETIRED_BOXES_H_

#include "pma/internal/machine/variant.h"
#include "pma/internal/store/tree.h"

namespace pma::inline PMA_VARIANT::internal {

template <class Types>
class RetiredBoxes {
 public:
  // Must come before the guard, so that it goes after it.
  explicit RetiredBoxes(Tree<Types>& tree) : tree_(tree) {}
  ~RetiredBoxes() {
    if constexpr (Types::KeyCodec::kBoxed || Types::ValueCodec::kBoxed) {
      if (has_key_ || has_value_) FreeOrRetire();
    }
  }
  RetiredBoxes(const RetiredBoxes&) = delete;
  RetiredBoxes& operator=(const RetiredBoxes&) = delete;

  // What no new reader can find. Nothing for inline types.
  void AddKey(const typename Types::KeyBits& key) {
    if constexpr (Types::KeyCodec::kBoxed) {
      key_ = key;
      has_key_ = true;
    }
  }
  void AddValue(const typename Types::ValueBits& value) {
    if constexpr (Types::ValueCodec::kBoxed) {
      value_ = value;
      has_value_ = true;
    }
  }

 private:
  [[gnu::noinline]] void FreeOrRetire() {
    using Registry = ThreadRegistry<typename Types::Platform>;
    // None if the thread is exiting, and only had one for the guard.
    const auto* const record = Registry::CurrentIfAny();
    const bool guarded = record != nullptr && record->guarded();
    const auto* const own = guarded ? nullptr : record;
    if (own != nullptr && Registry::IsAlone(*own)) {
      if (has_key_) tree_.DestroyKey(key_);
      if (has_value_) tree_.DestroyValue(value_);
      return;
    }
    if (has_key_) tree_.RetireKey(own, key_);
    if (has_value_) tree_.RetireValue(own, value_);
  }

  Tree<Types>& tree_;
  typename Types::KeyBits key_{};
  typename Types::ValueBits value_{};
  bool has_key_ = false;
  bool has_value_ = false;
};

}  // namespace pma::inline PMA_VARIANT::internal

#endif  // PMA_INTERNAL_WRITE_RETIRED_BOXES_H_
