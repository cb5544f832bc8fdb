// SPDX-License-Identifier: Apache-2.0

#include "bench/keys/urls.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/keys/random.h"

namespace pma::bench {
namespace {

constexpr size_t kMeanPages = 24;     // of a topic
constexpr size_t kTopicsOfSite = 64;  // on average
constexpr uint64_t kSectionsOfSite = 12;

// Names that are distinct by construction: the words in random order, and from
// the second round on with a number behind.
class Names {
 public:
  explicit Names(std::span<const std::string> words) : words_(words) {}

  void AppendName(size_t number, std::string& text) const {
    text += words_[number % words_.size()];
    if (number >= words_.size()) text += std::to_string(number / words_.size());
  }

 private:
  std::span<const std::string> words_;
};

// Everything up to the name of the page. Topics of one number differ in site,
// so that no two are the same.
std::string TopicUrl(const Names& names, size_t site, size_t topic,
                     uint64_t seed) {
  constexpr std::array<std::string_view, 8> kEnds = {
      ".com/", ".com/", ".com/", ".com/", ".org/", ".net/", ".de/", ".co.uk/"};
  Random of_site(seed ^ Mix64(site));
  std::string url = of_site.Below(4) == 0 ? "https://" : "https://www.";
  names.AppendName(site, url);
  url += kEnds[of_site.Below(kEnds.size())];
  const uint64_t sections = of_site.Next();
  Random of_topic(sections + topic);
  Random of_section(sections + of_topic.Below(kSectionsOfSite));
  names.AppendName(of_section.Below(1000), url);
  url += '/';
  url += std::to_string(2005 + of_topic.Below(20));
  url += '/';
  names.AppendName(site + topic, url);
  url += '/';
  return url;
}

// Three words, of which a series of pages shares the first two.
class PageNames {
 public:
  PageNames(std::span<const std::string> words, Random& random)
      : words_(words), random_(random) {}

  void AppendNext(std::string& url) {
    if (random_.Below(8) != 0) {
      first_ = random_.Below(words_.size());
      second_ = random_.Below(words_.size());
    }
    const std::array<uint64_t, 3> page = {first_, second_,
                                          random_.Below(words_.size())};
    url += words_[page[0]];
    url += '-';
    url += words_[page[1]];
    url += '-';
    url += words_[page[2]];
    // No other page has a number in its name.
    const bool is_new = std::ranges::find(pages_, page) == pages_.end();
    if (!is_new) url += '-' + std::to_string(pages_.size());
    pages_.push_back(page);
  }

 private:
  std::span<const std::string> words_;
  Random& random_;
  uint64_t first_ = 0;
  uint64_t second_ = 0;
  std::vector<std::array<uint64_t, 3>> pages_;
};

}  // namespace

bool IsUrlWord(const std::string& word) {
  return word.size() >= 3 && word.size() <= 8 &&
         std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; });
}

std::vector<std::string> MakeUrls(std::span<const std::string> words,
                                  size_t count, uint64_t seed) {
  std::vector<std::string> usable;
  std::ranges::copy_if(words, std::back_inserter(usable), &IsUrlWord);
  std::ranges::sort(usable);
  const auto repeated = std::ranges::unique(usable);
  usable.erase(repeated.begin(), repeated.end());
  Random random(seed);
  Shuffle(usable, random);

  const Names names(usable);
  const size_t sites = count / (kMeanPages * kTopicsOfSite) + 1;
  std::vector<size_t> topics(sites);  // that each site has by now
  std::vector<std::string> urls;
  urls.reserve(count);
  while (urls.size() < count) {
    const size_t site = random.Below(sites);
    const std::string topic = TopicUrl(names, site, topics[site]++, seed);
    const uint64_t wanted = random.Between(1, 2 * kMeanPages - 1);
    PageNames pages(usable, random);
    for (uint64_t i = 0; i < wanted && urls.size() < count; ++i) {
      pages.AppendNext(urls.emplace_back(topic));
    }
  }
  Shuffle(urls, random);
  return urls;
}

}  // namespace pma::bench
