// SPDX-License-Identifier: Apache-2.0

#include "bench/micro/key_kinds.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/keys/key_files.h"
#include "bench/keys/key_types.h"
#include "bench/keys/random.h"
#include "bench/keys/urls.h"
#include "bench/maps/absl_btree.h"
#include "bench/maps/absl_shared_mutex.h"
#include "bench/maps/art_strings.h"
#include "bench/maps/btree_olc.h"
#include "bench/maps/pma.h"
#include "bench/micro/key_rows.h"

namespace pma::bench {
namespace {

// Kinds live as long as the benchmarks, that is, the program.
template <class Key>
KeyKind<Key>& Keep(KeyKind<Key> kind) {
  static std::vector<std::unique_ptr<KeyKind<Key>>> kinds;
  return *kinds.emplace_back(std::make_unique<KeyKind<Key>>(std::move(kind)));
}

std::vector<std::string> ReadWords(const std::string& path) {
  Parsed<std::string> file = ReadFile(path);
  Parsed<std::vector<std::string>> words =
      file.value ? ParseText(path, *file.value)
                 : Parsed<std::vector<std::string>>::Error(file.error);
  if (!words.value) {
    std::fprintf(stderr, "types_benchmark: %s\n", words.error.c_str());
    std::exit(EXIT_FAILURE);
  }
  return *std::move(words.value);
}

std::vector<std::string> Words(size_t count, const std::string& path) {
  std::vector<std::string> words = ReadWords(path);
  std::ranges::sort(words);
  const auto repeated = std::ranges::unique(words);
  words.erase(repeated.begin(), repeated.end());
  Random random(1);
  Shuffle(words, random);
  words.resize(std::min(count, words.size()));
  return words;
}

void RegisterStrings(
    std::string name, size_t count,
    std::function<std::vector<std::string>(size_t count)> make) {
  using Key = std::string;
  KeyKind<Key>& kind =
      Keep(KeyKind<Key>(std::move(name), count, std::move(make)));
  KeyRows<Pma<Key>, Key>::Register(kind);
  KeyRows<AbslBtree<Key>, Key>::Register(kind);
  KeyRows<AbslSharedMutex<Key>, Key>::Register(kind);
  KeyRows<BtreeOlc<Key>, Key>::Register(kind);
  KeyRows<ArtStrings, Key>::Register(kind);
}

template <class Key, class PmaOrder = std::less<>,
          class AbslOrder = std::less<Key>>
void RegisterTyped(std::string_view name, size_t count) {
  KeyKind<Key>& kind =
      Keep(KeyKind<Key>(std::string(name), count, [](size_t wanted) {
        std::vector<Key> keys(wanted);
        uint32_t next = 0;
        for (Key& key : keys) key = TypedKeyOf<Key>(next++);
        return keys;
      }));
  KeyRows<Pma<Key, PmaOrder>, Key>::Register(kind);
  KeyRows<AbslBtree<Key, AbslOrder>, Key>::Register(kind);
}

struct Kind {
  std::string_view name;
  void (*add)(std::string_view name, size_t count, const std::string& words);
};

template <class Key, class... Orders>
void AddTyped(std::string_view name, size_t count, const std::string&) {
  RegisterTyped<Key, Orders...>(name, count);
}

constexpr Kind kKinds[] = {
    {"urls",
     [](std::string_view name, size_t count, const std::string& path) {
       RegisterStrings(std::string(name), count, [path](size_t wanted) {
         return MakeUrls(ReadWords(path), wanted, 1);
       });
     }},
    {"words",
     [](std::string_view name, size_t count, const std::string& path) {
       RegisterStrings(std::string(name), count,
                       [path](size_t wanted) { return Words(wanted, path); });
     }},
    {"numbers", &AddTyped<uint64_t>},
    {"uuid", &AddTyped<Uuid>},
    {"composite", &AddTyped<Composite>},
    {"tenants", &AddTyped<TenantTime>},
    {"timepoint", &AddTyped<TimePoint>},
    {"descending", &AddTyped<uint64_t, std::greater<>, std::greater<>>},
};

}  // namespace

const std::vector<std::string>& AllKeyKinds() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Kind& kind : kKinds) all.emplace_back(kind.name);
    return all;
  }();
  return names;
}

bool RegisterKeyKind(std::string_view kind, size_t count,
                     const std::string& words_path) {
  const auto* const known = std::ranges::find(kKinds, kind, &Kind::name);
  if (known == std::end(kKinds)) return false;
  known->add(known->name, count, words_path);
  return true;
}

}  // namespace pma::bench
