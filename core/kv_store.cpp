#include "core/kv_store.hpp"

namespace raftsim::core {

std::optional<std::string_view> KvStore::get(std::string_view key) const {
  const auto found = slots_.find(key);
  if (found == slots_.end()) return std::nullopt;
  return found->second.value;
}

KvStore::Slot& KvStore::slot(std::string_view key) {
  const auto found = slots_.find(key);
  if (found != slots_.end()) return found->second;
  Slot& fresh = slots_.emplace(key, Slot{}).first->second;
  fresh.key_hash = XXH3_64bits(key.data(), key.size());
  return fresh;
}

// Proportional to the value's length: a hash of contents that is cheap to extend would have to be a weak one.
void KvStore::rehash(Slot& slot) {
  hash_ -= slot.hash;
  slot.hash = XXH3_64bits_withSeed(slot.value.data(), slot.value.size(), slot.key_hash);
  hash_ += slot.hash;
}

void KvStore::put(std::string_view key, std::string_view value) {
  Slot& at = slot(key);
  at.value = value;
  rehash(at);
}

void KvStore::remove(std::string_view key) {
  const auto found = slots_.find(key);
  if (found == slots_.end()) return;
  hash_ -= found->second.hash;
  slots_.erase(found);
}

void KvStore::append(std::string_view key, std::string_view suffix) {
  Slot& at = slot(key);
  at.value += suffix;
  rehash(at);
}

bool KvStore::compare_and_swap(std::string_view key, std::optional<std::string_view> expected,
                               std::string_view value) {
  if (get(key) != expected) return false;
  put(key, value);
  return true;
}

}  // namespace raftsim::core
