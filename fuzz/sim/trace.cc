// SPDX-License-Identifier: Apache-2.0

// What an execution did, for people: a column for each fiber, a line for each
// access. (Simulation::Trace of simulation.h.)

#include <algorithm>
#include <string>

#include "fuzz/sim/simulation.h"

namespace pma::sim {
namespace {

constexpr size_t kColumnWidth = 38;

const char* Suffix(Order order) {
  switch (order) {
    case Order::kRelaxed:
      return "";
    case Order::kAcquire:
      return " acquire";
    case Order::kRelease:
      return " release";
    case Order::kAcqRel:
      return " acq_rel";
  }
  return "";
}

std::string Number(uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  if (value < 100000) return std::to_string(value);
  std::string text;
  for (; value != 0; value >>= 4) text += kDigits[value & 15];
  text += "x0";
  std::ranges::reverse(text);
  return text;
}

// "read version 3, newest 4", or nothing if it is the newest.
std::string Staleness(const Access& access) {
  if (access.version == access.newest) return "";
  return " (version " + std::to_string(access.version) + ", newest " +
         std::to_string(access.newest) + ")";
}

}  // namespace

std::string Simulation::Describe(uint32_t location, const void* address) const {
  if (address == nullptr && location < memory_.location_count()) {
    address = memory_.AddressOf(location);
  }
  // The name given last: memory may have been named before for other uses.
  for (size_t i = names_.size(); i-- > 0;) {
    if (names_[i].first == address) return names_[i].second;
  }
  if (namer_ != nullptr && address != nullptr) {
    std::string name = namer_(address);
    if (!name.empty()) return name;
  }
  if (location < memory_.location_count()) {
    return "#" + std::to_string(location);
  }
  if (!heap_.Owns(address)) return "memory outside of the simulated heap";
  const Heap::Block block = heap_.BlockAround(address);
  if (block.begin == nullptr) return "memory before the first block";
  return "byte " +
         std::to_string(static_cast<const std::byte*>(address) - block.begin) +
         " of a block of " + std::to_string(block.bytes) +
         (block.freed ? ", freed" : "");
}

std::string Simulation::FormatEvent(const Event& event) const {
  const Access& access = event.access;
  const std::string at = Describe(access.location, nullptr);
  const std::string value = Number(access.value);
  const std::string suffix = Suffix(event.order);
  switch (event.kind) {
    case Event::Kind::kLoad:
      return at + " reads " + value + Staleness(access) + suffix;
    case Event::Kind::kStore:
      return at + " = " + value + Staleness(access) + suffix;
    case Event::Kind::kModify:
      return at + " modified, was " + value + ", by " + Number(event.operand) +
             suffix;
    case Event::Kind::kExchanged:
      return at + " " + value + " -> " + Number(event.operand) + suffix;
    case Event::Kind::kNotExchanged:
      return at + " not -> " + Number(event.operand) + ", is " + value +
             Staleness(access) + suffix;
    case Event::Kind::kConstruct:
      return at + " constructed, " + value;
    case Event::Kind::kFenceAcquire:
      return "fence acquire";
    case Event::Kind::kFenceRelease:
      return "fence release";
    case Event::Kind::kFenceSeqCst:
      return "fence seq_cst";
    case Event::Kind::kReadPlain:
      return at + " read plainly";
    case Event::Kind::kWritePlain:
      return at + " written plainly";
    case Event::Kind::kFree:
      return "frees " + Number(access.value);
    case Event::Kind::kYield:
      return "waits for a change";
    case Event::Kind::kBlock:
      return "blocked";
    case Event::Kind::kSpawn:
      return "starts fiber " + Number(event.operand);
    case Event::Kind::kExit:
      return "ends";
    case Event::Kind::kNote:
      return "-- " + notes_[event.operand];
  }
  return "";
}

std::string Simulation::Trace() const {
  std::string page;
  for (const Event& event : events_) {
    std::string text = FormatEvent(event);
    std::string line;
    for (int fiber = 0; fiber < event.fiber; ++fiber) {
      line += "|";
      line.append(kColumnWidth, ' ');
    }
    line += "| ";
    line += text;
    line += "\n";
    page += line;
  }
  return page;
}

}  // namespace pma::sim
