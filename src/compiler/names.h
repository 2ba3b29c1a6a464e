// Interned names of one compilation: a name is a small number, so that scopes compare and hash integers.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace orochi {

using NameId = uint32_t;
inline constexpr NameId kNoName = UINT32_MAX;

class NameTable {
 public:
  NameTable() : slots_(256, kNoName) {}

  NameId intern(std::string_view text) {
    uint32_t mask = uint32_t(slots_.size()) - 1;
    for (uint32_t i = hash(text) & mask;; i = (i + 1) & mask) {
      NameId id = slots_[i];
      if (id == kNoName) {
        id = NameId(texts_.size());
        texts_.emplace_back(text);
        slots_[i] = id;
        if (texts_.size() * 2 > slots_.size()) grow();
        return id;
      }
      if (texts_[id] == text) return id;
    }
  }
  const std::string& text(NameId id) const { return texts_[id]; }

 private:
  static uint32_t hash(std::string_view text) {
    uint64_t h = text.size() * 0x9e3779b97f4a7c15u;
    const char* at = text.data();
    size_t n = text.size();
    for (; n >= 8; n -= 8, at += 8) {
      uint64_t v;
      std::memcpy(&v, at, 8);
      h = (h ^ v) * 0xff51afd7ed558ccdu;
      h ^= h >> 32;
    }
    uint64_t v = 0;
    if (n != 0) std::memcpy(&v, at, n);
    h = (h ^ v) * 0xc4ceb9fe1a85ec53u;
    return uint32_t(h ^ (h >> 33));
  }
  void grow() {
    std::vector<NameId> slots(slots_.size() * 2, kNoName);
    uint32_t mask = uint32_t(slots.size()) - 1;
    for (NameId id = 0; id < texts_.size(); id++) {
      uint32_t i = hash(texts_[id]) & mask;
      while (slots[i] != kNoName) i = (i + 1) & mask;
      slots[i] = id;
    }
    slots_ = std::move(slots);
  }

  std::deque<std::string> texts_;
  std::vector<NameId> slots_;
};

// A map from names (or any small ids) to 32-bit numbers; linear while small.
class IdMap {
 public:
  // The slot of `id`: UINT32_MAX when new (the caller fills it in).
  uint32_t& at(uint32_t id) {
    if (table_.empty()) {
      for (auto& e : small_) {
        if (e.id == id) return e.value;
      }
      if (small_.size() < 12) return small_.emplace_back(id, UINT32_MAX).value;
      table_.assign(64, {UINT32_MAX, UINT32_MAX});
      for (auto& e : small_) insert(e.id) = e.value;
      count_ = uint32_t(small_.size());
    }
    if ((count_ + 1) * 2 > table_.size()) {
      std::vector<Entry> old = std::move(table_);
      table_.assign(old.size() * 2, {UINT32_MAX, UINT32_MAX});
      for (auto& e : old) {
        if (e.id != UINT32_MAX) insert(e.id) = e.value;
      }
    }
    uint32_t mask = uint32_t(table_.size()) - 1;
    uint32_t i = (id * 0x9e3779b1u >> 8) & mask;
    while (table_[i].id != UINT32_MAX && table_[i].id != id) i = (i + 1) & mask;
    if (table_[i].id == UINT32_MAX) {
      table_[i].id = id;
      count_++;
    }
    return table_[i].value;
  }
  // UINT32_MAX when absent.
  uint32_t find(uint32_t id) const {
    if (table_.empty()) {
      for (auto& e : small_) {
        if (e.id == id) return e.value;
      }
      return UINT32_MAX;
    }
    uint32_t mask = uint32_t(table_.size()) - 1;
    for (uint32_t i = (id * 0x9e3779b1u >> 8) & mask;; i = (i + 1) & mask) {
      if (table_[i].id == id) return table_[i].value;
      if (table_[i].id == UINT32_MAX) return UINT32_MAX;
    }
  }

 private:
  struct Entry {
    uint32_t id, value;
  };
  uint32_t& insert(uint32_t id) {
    uint32_t mask = uint32_t(table_.size()) - 1;
    uint32_t i = (id * 0x9e3779b1u >> 8) & mask;
    while (table_[i].id != UINT32_MAX) i = (i + 1) & mask;
    table_[i].id = id;
    return table_[i].value;
  }
  std::vector<Entry> small_;
  std::vector<Entry> table_;
  uint32_t count_ = 0;
};

}  // namespace orochi
