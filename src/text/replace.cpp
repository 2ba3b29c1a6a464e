// Replacement runs the search twice (count, then write), which is cheaper than keeping positions for long texts.
#include "text/replace.h"

#include <algorithm>

#include "text/search.h"
#include "text/units.h"

namespace orochi::text {

bool plan_replace(AnyText text, AnyText old, AnyText with, size_t limit, ReplacePlan& plan) {
  plan.count = count(text, old, limit);
  if (with.length <= old.length) {
    plan.length = text.length - plan.count * (old.length - with.length);
    return true;
  }
  size_t more = with.length - old.length;
  if (plan.count > 0 && more > (PTRDIFF_MAX - text.length) / plan.count) return false;
  plan.length = text.length + plan.count * more;
  return true;
}

void write_replaced(AnyText text, AnyText old, AnyText with, const ReplacePlan& plan, void* out, Kind kind) {
  size_t to = 0, from = 0;
  auto copy = [&](AnyText piece) {
    copy_units(unit_at(out, kind, to), kind, piece);
    to += piece.length;
  };
  if (old.length == 0) {  // before each of the first `count` characters, and possibly at the end
    for (size_t i = 0; i < plan.count; i++) {
      copy(with);
      if (i < text.length) copy(text.slice(i, i + 1));
    }
    if (plan.count < text.length) copy(text.slice(plan.count, text.length));
    return;
  }
  if (old.length == 1 && with.length == 1) {
    copy_units(out, kind, text);
    char32_t a = old[0], b = with[0];
    with_units_out(out, kind, [&](auto* p) {
      using Unit = std::remove_cvref_t<decltype(*p)>;
      size_t left = plan.count;
      for (size_t i = 0; left > 0 && i < text.length; i++) {
        if (p[i] != static_cast<Unit>(a)) continue;
        p[i] = static_cast<Unit>(b);
        left--;
      }
    });
    return;
  }
  for (size_t i = 0; i < plan.count; i++) {
    size_t at = find(text.slice(from, text.length), old);
    copy(text.slice(from, from + at));
    copy(with);
    from += at + old.length;
  }
  copy(text.slice(from, text.length));
}

size_t TranslateCache::run(AnyText text, size_t position, TextBuilder& out) const {
  return with_units(text, [&](auto* p) {
    size_t i = position;
    for (; i < text.length; i++) {
      uint32_t answer = p[i] < 128 ? entries_[p[i]] : kAsk;
      if (answer == kAsk) break;
      if (answer != kDrop) out.push(answer);
    }
    return i;
  });
}

size_t translate_bytes(const uint8_t* in, size_t size, const uint8_t* table, const ByteSet* drop, uint8_t* out) {
  size_t to = 0;
  if (!drop) {
    for (size_t i = 0; i < size; i++) out[i] = table ? table[in[i]] : in[i];
    return size;
  }
  for (size_t i = 0; i < size; i++)
    if (!drop->has(in[i])) out[to++] = table ? table[in[i]] : in[i];
  return to;
}

}  // namespace orochi::text
