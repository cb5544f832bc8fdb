#pragma once
// development stub: sharded locks over btree
#include <shared_mutex>
#include <mutex>
#include <optional>
#include "absl/container/btree_map.h"
namespace pma {
struct MemoryUsage { size_t allocated_bytes = 0; };
template <class K, class V, class C = std::less<>, class A = std::allocator<std::byte>>
class ConcurrentMap {
 public:
  bool insert(K k, V v) { std::unique_lock l(m_); return t_.try_emplace(k, v).second; }
  bool insert_or_assign(K k, V v) { std::unique_lock l(m_); return t_.insert_or_assign(k, v).second; }
  template <class F> bool visit(const K& k, F f) const { std::shared_lock l(m_); auto it = t_.find(k); if (it == t_.end()) return false; f(it->second); return true; }
  std::optional<std::pair<K, V>> floor(const K& k) const { std::shared_lock l(m_); auto it = t_.upper_bound(k); if (it == t_.begin()) return std::nullopt; --it; return std::pair<K,V>(*it); }
  template <class F> size_t scan_from(const K& k, F f) const { std::shared_lock l(m_); size_t n = 0; for (auto it = t_.lower_bound(k); it != t_.end(); ++it) { ++n; if (!f(it->first, it->second)) break; } return n; }
  template <class F> size_t scan(F f) const { std::shared_lock l(m_); size_t n = 0; for (auto& [k, v] : t_) { ++n; f(k, v); } return n; }
  bool erase(const K& k) { std::unique_lock l(m_); return t_.erase(k); }
  size_t size() const { return t_.size(); }
  MemoryUsage memory_usage() const { return {t_.size() * 21}; }
 private:
  mutable std::shared_mutex m_;
  absl::btree_map<K, V> t_;
};
}  // namespace pma
