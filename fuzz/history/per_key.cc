// SPDX-License-Identifier: Apache-2.0

#include "fuzz/history/per_key.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fuzz/history/claims.h"
#include "fuzz/history/diagnosis.h"
#include "fuzz/history/history.h"
#include "fuzz/history/judgement.h"

namespace pma::history {
namespace {

constexpr std::size_t kMaxUnderWay = 64;
constexpr std::size_t kMaxConfigurations = 200'000;

constexpr std::uint64_t Bit(std::size_t i) { return std::uint64_t{1} << i; }

// Everything said about one key, in no particular order.
class KeySweep {
 public:
  enum class Outcome { kExplained, kUnexplained, kTooMuch };

  KeySweep(Key key, std::optional<Value> initial,
           std::span<const Mention> mentions)
      : key_(key), mentions_(mentions), slots_(mentions.size()) {
    configurations_.insert({initial, 0});
  }

  Outcome Run() {
    for (const Event& event : EventsInTime()) {
      if (!event.is_return) {
        if (~used_slots_ == 0) return Outcome::kTooMuch;
        Begin(event.mention);
        continue;
      }
      End(event.mention);
      if (too_many_) return Outcome::kTooMuch;
      if (configurations_.empty()) {
        unexplained_ = event.mention;
        return Outcome::kUnexplained;
      }
    }
    return Outcome::kExplained;
  }

  // The mention at whose end no explanation was left.
  std::size_t unexplained() const { return unexplained_; }

 private:
  struct Event {
    std::uint64_t time;
    bool is_return;
    std::size_t mention;
    friend auto operator<=>(const Event&, const Event&) = default;
  };

  // One way to explain what was answered so far.
  struct Configuration {
    std::optional<Value> state;
    std::uint64_t in_effect;  // slots of mentions under way
    friend auto operator<=>(const Configuration&,
                            const Configuration&) = default;
  };
  using Configurations = std::set<Configuration>;

  // At equal times invocations come first: equal stamps order nothing.
  std::vector<Event> EventsInTime() const {
    std::vector<Event> events;
    events.reserve(2 * mentions_.size());
    for (std::size_t i = 0; i < mentions_.size(); ++i) {
      events.push_back({mentions_[i].operation->invoked, false, i});
      events.push_back({mentions_[i].operation->returned, true, i});
    }
    std::ranges::sort(events);
    return events;
  }

  void Begin(std::size_t mention) {
    const auto slot = static_cast<std::size_t>(std::countr_one(used_slots_));
    slots_[mention] = slot;
    used_slots_ |= Bit(slot);
    under_way_[slot] = mention;
    if (Writes(mention)) return;
    Configurations next;
    for (Configuration configuration : configurations_) {
      if (TakeEffect(configuration.state, mention)) {
        configuration.in_effect |= Bit(slot);
      }
      next.insert(configuration);
    }
    configurations_ = std::move(next);
  }

  // Keeps what has this mention in effect, if need be after some of the writes
  // under way.
  void End(std::size_t mention) {
    const std::size_t slot = slots_[mention];
    Configurations next;
    Configurations tried;
    std::vector<Configuration> to_try(configurations_.begin(),
                                      configurations_.end());
    while (!to_try.empty()) {
      if (tried.size() + next.size() > kMaxConfigurations) {
        too_many_ = true;
        return;
      }
      Configuration configuration = to_try.back();
      to_try.pop_back();
      if ((configuration.in_effect & Bit(slot)) != 0) {
        configuration.in_effect &= ~Bit(slot);
        next.insert(configuration);
        continue;
      }
      if (!tried.insert(configuration).second) continue;
      for (std::uint64_t rest = used_slots_ & ~configuration.in_effect;
           rest != 0; rest &= rest - 1) {
        const auto other = static_cast<std::size_t>(std::countr_zero(rest));
        if (!Writes(under_way_[other])) continue;
        Configuration after = configuration;
        if (!TakeEffect(after.state, under_way_[other])) continue;
        after.in_effect |= Bit(other);
        LetReadsTakeEffect(after);
        to_try.push_back(after);
      }
    }
    used_slots_ &= ~Bit(slot);
    configurations_ = std::move(next);
  }

  void LetReadsTakeEffect(Configuration& configuration) const {
    for (std::uint64_t rest = used_slots_ & ~configuration.in_effect; rest != 0;
         rest &= rest - 1) {
      const auto slot = static_cast<std::size_t>(std::countr_zero(rest));
      if (!Writes(under_way_[slot]) &&
          TakeEffect(configuration.state, under_way_[slot])) {
        configuration.in_effect |= Bit(slot);
      }
    }
  }

  bool Writes(std::size_t mention) const {
    return !mentions_[mention].claim.has_value() &&
           CanChange(*mentions_[mention].operation);
  }

  // Whether the mention is true in this state of the key, which it changes.
  bool TakeEffect(std::optional<Value>& state, std::size_t mention) const {
    const Mention& m = mentions_[mention];
    if (m.claim.has_value()) return m.claim->value == state;
    Contents contents;
    if (state.has_value()) contents.emplace(key_, *state);
    if (!ApplyIfExplained(contents, *m.operation)) return false;
    const auto found = contents.find(key_);
    state.reset();
    if (found != contents.end()) state = found->second;
    return true;
  }

  const Key key_;
  const std::span<const Mention> mentions_;
  std::vector<std::size_t> slots_;  // by mention, while under way
  std::uint64_t used_slots_ = 0;
  std::size_t under_way_[kMaxUnderWay] = {};  // mention, by slot
  Configurations configurations_;
  bool too_many_ = false;
  std::size_t unexplained_ = 0;
};

std::vector<std::vector<Mention>> MentionsByKey(const History& history,
                                                std::span<const Key> keys) {
  std::vector<std::vector<Mention>> mentions(keys.size());
  const auto index_of = [&](Key key) {
    return static_cast<std::size_t>(std::ranges::lower_bound(keys, key) -
                                    keys.begin());
  };
  for (const Operation& operation : history.operations) {
    if (const std::optional<Key> key = OnlyKey(operation)) {
      mentions[index_of(*key)].push_back({&operation, std::nullopt});
    } else if (IsRangeRead(operation)) {
      for (const Claim& claim : ClaimsAbout(operation, keys)) {
        // One that takes what it finds changes that key.
        const bool changes = CanChange(operation) && claim.value.has_value();
        mentions[index_of(claim.key)].push_back(
            {&operation, changes ? std::nullopt : std::optional<Claim>(claim)});
      }
    } else if (CanChange(operation)) {
      for (auto& of_key : mentions) {
        of_key.push_back({&operation, std::nullopt});
      }
    }
  }
  return mentions;
}

}  // namespace

Judgement CheckKeyByKey(const History& history) {
  Judgement judgement;
  for (const Operation& operation : history.operations) {
    if (IsRangeRead(operation)) {
      judgement.explanation += DescribeShapeError(operation);
    }
  }
  if (!judgement.explanation.empty()) {
    judgement.verdict = Verdict::kViolation;
    return judgement;
  }
  const std::vector<Key> keys = KeysOf(history);
  const auto mentions = MentionsByKey(history, keys);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto found = history.initial.find(keys[i]);
    std::optional<Value> initial;
    if (found != history.initial.end()) initial = found->second;
    KeySweep sweep(keys[i], initial, mentions[i]);
    switch (sweep.Run()) {
      case KeySweep::Outcome::kExplained:
        break;
      case KeySweep::Outcome::kTooMuch:
        judgement.verdict = Verdict::kUndecided;
        judgement.explanation = "Too many operations on key " +
                                std::to_string(keys[i]) +
                                " are under way at once.\n";
        break;
      case KeySweep::Outcome::kUnexplained:
        judgement.verdict = Verdict::kViolation;
        judgement.explanation =
            DiagnoseKey(keys[i], initial, mentions[i], sweep.unexplained());
        return judgement;
    }
  }
  return judgement;
}

}  // namespace pma::history
