// replace and translate against naive references.
#include "text/replace.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace orochi::text {
namespace {

using String = std::u32string;

String naive_replace(const String& text, const String& old, const String& with, size_t limit) {
  String out;
  size_t i = 0;
  while (i <= text.size()) {
    if (limit > 0 && text.compare(i, old.size(), old) == 0 && i + old.size() <= text.size()) {
      out += with;
      limit--;
      i += old.size();
      if (!old.empty()) continue;
    }
    if (i < text.size()) out += text[i];
    i++;
  }
  return out;
}

TEST(Replace, RandomAgainstNaive) {
  std::mt19937 random(1);
  auto make = [&](size_t longest) {
    String s;
    for (size_t n = random() % (longest + 1); n > 0; n--) s += U"ab\u1234"[random() % 3];
    return s;
  };
  for (int i = 0; i < 20000; i++) {
    String text = make(12), old = make(2), with = make(3);
    size_t limit = random() % 3 == 0 ? random() % 4 : SIZE_MAX;
    auto view = [](const String& s) { return AnyText(s.data(), s.size()); };
    ReplacePlan plan;
    ASSERT_TRUE(plan_replace(view(text), view(old), view(with), limit, plan));
    String out(plan.length, 0);
    write_replaced(view(text), view(old), view(with), plan, out.data(), Kind::Four);
    ASSERT_EQ(out, naive_replace(text, old, with, limit));
  }
}

TEST(Replace, TooLongIsRefused) {
  ReplacePlan plan;
  String text(4, U'a');
  AnyText huge(text.data(), size_t{1} << 62);  // only its length is looked at
  EXPECT_FALSE(plan_replace(AnyText(text.data(), 4), AnyText(text.data(), 1), huge, SIZE_MAX, plan));
}

TEST(Translate, DropsAndMaps) {
  uint8_t table[256], out[8];
  for (int i = 0; i < 256; i++) table[i] = static_cast<uint8_t>(i + 1);
  ByteSet drop;
  drop.add('b');
  drop.add(0xFF);
  const uint8_t kIn[] = {'a', 'b', 0xFF, 0xFE, 'c'};
  ASSERT_EQ(translate_bytes(kIn, 5, table, &drop, out), 3u);
  EXPECT_EQ(std::string(out, out + 3), "b\xff" "d");
  EXPECT_EQ(translate_bytes(kIn, 5, nullptr, &drop, out), 3u);
  EXPECT_EQ(out[1], 0xFE);
}

TEST(Translate, CacheStopsAtUnknown) {
  TranslateCache cache;
  cache.remember('a', 0x1234);
  cache.remember('b', TranslateCache::kDrop);
  TextBuilder out;
  String text = U"abac\u00e9";
  EXPECT_EQ(cache.run(AnyText(text.data(), text.size()), 0, out), 3u);
  EXPECT_EQ(out.length(), 2u);
  EXPECT_EQ(cache.run(AnyText(text.data(), text.size()), 4, out), 4u);
}

}  // namespace
}  // namespace orochi::text
