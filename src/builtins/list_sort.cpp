// list.sort: a stable natural merge sort. Runs are found and extended by binary insertion; which runs merge when is
// decided by powersort (Munro, Wild, "Nearly-Optimal Mergesorts", 2018); merges gallop when one side keeps winning
// (Peters' timsort idea: Bentley, Yao, "An almost optimal algorithm for unbounded searching", 1976).
//
// Keys of one builtin type (ints, floats, str) are compared natively. If no Python code can run (no key function,
// native comparison), the sort happens under the list's lock on a copy that is then published: one step for everybody.
// Otherwise the list is empty while it is sorted, and finding it changed afterwards is an error. Two temporary lists
// keep the items and keys visible to the collector meanwhile; the sort itself moves uncounted words.
// Invariant: at every exit, also after an error, the words are a permutation of what came in.
#include "builtins/container_support.h"
#include "builtins/list_type.h"
#include "objects/float.h"
#include "objects/int.h"
#include "objects/list_storage.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

struct KeyOnly {
  Value key;
};
struct KeyValue {
  Value key;
  Value value;
};

// Less-than of two keys. A failed one returns true and sets `failed`.
struct IntLess {
  bool failed = false;
  bool operator()(Value a, Value b) { return static_cast<int64_t>(a.bits) < static_cast<int64_t>(b.bits); }
};
struct FloatLess {
  bool failed = false;
  bool operator()(Value a, Value b) { return float_value(a) < float_value(b); }
};
struct StrLess {
  bool failed = false;
  bool operator()(Value a, Value b) { return str_compare(Borrowed<Str>(a), Borrowed<Str>(b)) < 0; }
};
struct GeneralLess {
  Thread& t;
  bool failed = false;

  // 1, 0, -1: raised.
  int less(Value a, Value b) {
    if (a.is_fixnum() && b.is_fixnum()) return a.as_fixnum() < b.as_fixnum();
    if (a.is_tagged_float() && b.is_tagged_float()) return a.as_tagged_float() < b.as_tagged_float();
    if (is_exact_str(a) && is_exact_str(b)) return str_compare(Borrowed<Str>(a), Borrowed<Str>(b)) < 0;
    if (is_exact_tuple(a) && is_exact_tuple(b)) return less_tuples(Borrowed<Tuple>(a), Borrowed<Tuple>(b));
    auto r = compare_bool(t, Borrowed<>(a), Borrowed<>(b), CompareOp::Lt);
    if (r.raised()) return -1;
    return *r;
  }
  int less_tuples(Borrowed<Tuple> a, Borrowed<Tuple> b) {
    NativeRecursion recursion(t, " in comparison");
    if (recursion.raised()) return -1;
    size_t n = a->length() < b->length() ? a->length() : b->length();
    for (size_t i = 0; i < n; i++) {
      if (a->at(i).value() == b->at(i).value()) continue;
      auto same = equals(t, a->at(i), b->at(i));
      if (same.raised()) return -1;
      if (!*same) return less(a->at(i), b->at(i));
    }
    return a->length() < b->length();
  }
  bool operator()(Value a, Value b) {
    int r = less(a, b);
    if (r < 0) failed = true;
    return r != 0;
  }
};

template <typename E, typename Less>
class Sorter {
 public:
  Sorter(E* items, size_t count, Less& less) : items_(items), count_(count), less_(less) {}
  ~Sorter() { free_raw(buffer_); }

  enum class Outcome : uint8_t { Sorted, Raised, NoMemory };

  Outcome sort() {
    if (count_ < 2) return Outcome::Sorted;
    size_t min_run = min_run_length(count_);
    size_t start = 0;
    while (start < count_) {
      size_t length = count_run(start);
      if (less_.failed) return Outcome::Raised;
      if (length < min_run) {
        size_t forced = count_ - start < min_run ? count_ - start : min_run;
        insert(start, start + length, start + forced);
        if (less_.failed) return Outcome::Raised;
        length = forced;
      }
      if (depth_ > 0) {
        int p = power(runs_[depth_ - 1], length);
        while (depth_ > 1 && (runs_[depth_ - 2].power > p || depth_ == std::size(runs_))) {
          if (!merge_top()) return outcome();
        }
        runs_[depth_ - 1].power = p;
      }
      runs_[depth_++] = {start, length, 0};
      start += length;
    }
    while (depth_ > 1) {
      if (!merge_top()) return outcome();
    }
    return Outcome::Sorted;
  }

 private:
  struct Run {
    size_t start;
    size_t length;
    int power;   // of the boundary to the next run
  };

  Outcome outcome() const { return less_.failed ? Outcome::Raised : Outcome::NoMemory; }
  bool less(const E& a, const E& b) { return less_(a.key, b.key); }

  static size_t min_run_length(size_t n) {
    size_t odd = 0;
    while (n >= 64) {
      odd |= n & 1;
      n >>= 1;
    }
    return n + odd;
  }

  // The depth at which the boundary between `left` and the run after it sits in a perfectly balanced merge tree:
  // the first binary digit in which the two midpoints, as fractions of the whole, differ.
  int power(const Run& left, size_t right_length) const {
    size_t n = count_;
    size_t a = 2 * left.start + left.length;
    size_t b = a + left.length + right_length;
    int result = 0;
    for (;;) {
      result++;
      if (a >= n) {
        a -= n;
        b -= n;
      } else if (b >= n) {
        return result;
      }
      a <<= 1;
      b <<= 1;
    }
  }

  // Length of the run at `start`; a strictly descending one is reversed, and stretches of equal items inside it are
  // turned round first so that the reversal puts them back in order.
  size_t count_run(size_t start) {
    size_t i = start + 1;
    if (i == count_) return 1;
    if (!less(items_[i], items_[i - 1])) {
      if (less_.failed) return 0;
      for (i++; i < count_; i++) {
        if (less(items_[i], items_[i - 1])) break;
      }
      return i - start;
    }
    if (less_.failed) return 0;
    for (i++; i < count_; i++) {
      if (!less(items_[i], items_[i - 1])) break;
      if (less_.failed) return 0;
    }
    reverse(start, i);
    return i - start;
  }

  void reverse(size_t low, size_t high) {
    while (low + 1 < high) std::swap(items_[low++], items_[--high]);
  }

  // [low, sorted) is sorted; brings [sorted, high) in by binary insertion.
  void insert(size_t low, size_t sorted, size_t high) {
    for (size_t at = sorted; at < high; at++) {
      E pivot = items_[at];
      size_t left = low, right = at;
      while (left < right) {
        size_t middle = left + (right - left) / 2;
        if (less(pivot, items_[middle])) {
          if (less_.failed) return;
          right = middle;
        } else {
          left = middle + 1;
        }
      }
      std::memmove(static_cast<void*>(items_ + left + 1), items_ + left, (at - left) * sizeof(E));
      items_[left] = pivot;
    }
  }

  // Where `key` goes in a sorted range, searching outwards from `hint` in growing steps. AfterEqual: behind its equals.
  template <bool AfterEqual>
  size_t gallop(const E& key, const E* base, size_t n, size_t hint) {
    auto before = [&](size_t i) {  // base[i] stays before key
      return AfterEqual ? !less(key, base[i]) : less(base[i], key);
    };
    size_t low, high;
    if (before(hint)) {
      if (less_.failed) return hint;
      size_t step = 1;
      low = hint;
      while (hint + step < n && before(hint + step)) {
        if (less_.failed) return hint;
        low = hint + step;
        step = 2 * step + 1;
      }
      high = hint + step < n ? hint + step : n;
      low++;
    } else {
      if (less_.failed) return hint;
      size_t step = 1;
      high = hint;
      while (step <= hint && !before(hint - step)) {
        if (less_.failed) return hint;
        high = hint - step;
        step = 2 * step + 1;
      }
      low = step <= hint ? hint - step + 1 : 0;
    }
    while (low < high) {
      if (less_.failed) return hint;
      size_t middle = low + (high - low) / 2;
      if (before(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  bool ensure_buffer(size_t n) {
    if (n <= capacity_) return true;
    free_raw(buffer_);
    buffer_ = static_cast<E*>(allocate_raw(n * sizeof(E)));
    capacity_ = buffer_ ? n : 0;
    return buffer_ != nullptr;
  }

  bool merge_top() {
    Run& a = runs_[depth_ - 2];
    Run b = runs_[depth_ - 1];
    depth_--;
    size_t a_start = a.start, a_length = a.length;
    a.length += b.length;
    a.power = b.power;
    // What of `a` is already in place, and what of `b`.
    size_t skip = gallop<true>(items_[b.start], items_ + a_start, a_length, 0);
    if (less_.failed) return false;
    a_start += skip;
    a_length -= skip;
    if (a_length == 0) return true;
    size_t b_length = gallop<false>(items_[a_start + a_length - 1], items_ + b.start, b.length, b.length - 1);
    if (less_.failed) return false;
    if (b_length == 0) return true;
    if (a_length <= b_length) return merge_low(a_start, a_length, b.start, b_length);
    return merge_high(a_start, a_length, b.start, b_length);
  }

  static constexpr size_t kMinGallop = 7;

  // The left run goes to the buffer; fills from the left.
  bool merge_low(size_t a_start, size_t a_length, size_t b_start, size_t b_length) {
    if (!ensure_buffer(a_length)) return false;
    std::memcpy(static_cast<void*>(buffer_), items_ + a_start, a_length * sizeof(E));
    E* to = items_ + a_start;
    E* a = buffer_;
    E* a_end = a + a_length;
    E* b = items_ + b_start;
    E* b_end = b + b_length;
    size_t a_wins = 0, b_wins = 0;
    while (a < a_end && b < b_end) {
      if (less(*b, *a)) {
        if (less_.failed) break;
        *to++ = *b++;
        b_wins++;
        a_wins = 0;
      } else {
        *to++ = *a++;
        a_wins++;
        b_wins = 0;
      }
      while ((a_wins >= gallop_after_ || b_wins >= gallop_after_) && a < a_end && b < b_end) {
        a_wins = gallop<true>(*b, a, static_cast<size_t>(a_end - a), 0);
        if (less_.failed) break;
        std::memcpy(static_cast<void*>(to), a, a_wins * sizeof(E));
        to += a_wins;
        a += a_wins;
        if (a == a_end) break;
        b_wins = gallop<false>(*a, b, static_cast<size_t>(b_end - b), 0);
        if (less_.failed) break;
        std::memmove(static_cast<void*>(to), b, b_wins * sizeof(E));
        to += b_wins;
        b += b_wins;
        adapt(a_wins, b_wins);
      }
      if (less_.failed) break;
    }
    std::memcpy(static_cast<void*>(to), a, static_cast<size_t>(a_end - a) * sizeof(E));  // what is left of b is in place
    return !less_.failed;
  }

  // The right run goes to the buffer; fills from the right.
  bool merge_high(size_t a_start, size_t a_length, size_t b_start, size_t b_length) {
    if (!ensure_buffer(b_length)) return false;
    std::memcpy(static_cast<void*>(buffer_), items_ + b_start, b_length * sizeof(E));
    E* to = items_ + b_start + b_length;  // one past
    E* a_begin = items_ + a_start;
    E* a = a_begin + a_length;
    E* b = buffer_ + b_length;
    size_t a_wins = 0, b_wins = 0;
    while (a > a_begin && b > buffer_) {
      if (less(b[-1], a[-1])) {
        if (less_.failed) break;
        *--to = *--a;
        a_wins++;
        b_wins = 0;
      } else {
        *--to = *--b;
        b_wins++;
        a_wins = 0;
      }
      while ((a_wins >= gallop_after_ || b_wins >= gallop_after_) && a > a_begin && b > buffer_) {
        auto a_left = static_cast<size_t>(a - a_begin);
        a_wins = a_left - gallop<true>(b[-1], a_begin, a_left, a_left - 1);
        if (less_.failed) break;
        to -= a_wins;
        a -= a_wins;
        std::memmove(static_cast<void*>(to), a, a_wins * sizeof(E));
        if (a == a_begin) break;
        auto b_left = static_cast<size_t>(b - buffer_);
        b_wins = b_left - gallop<false>(a[-1], buffer_, b_left, b_left - 1);
        if (less_.failed) break;
        to -= b_wins;
        b -= b_wins;
        std::memcpy(static_cast<void*>(to), b, b_wins * sizeof(E));
        adapt(a_wins, b_wins);
      }
      if (less_.failed) break;
    }
    auto left = static_cast<size_t>(b - buffer_);
    std::memcpy(static_cast<void*>(to - left), buffer_, left * sizeof(E));
    return !less_.failed;
  }

  // Galloping that pays off starts earlier next time; one that does not, later.
  void adapt(size_t a_wins, size_t b_wins) {
    if (a_wins >= kMinGallop || b_wins >= kMinGallop) {
      if (gallop_after_ > 1) gallop_after_--;
    } else {
      gallop_after_ += 2;
    }
  }

  E* items_;
  size_t count_;
  Less& less_;
  E* buffer_ = nullptr;
  size_t capacity_ = 0;
  size_t gallop_after_ = kMinGallop;
  size_t depth_ = 0;
  Run runs_[72];   // powers on the stack grow strictly: at most one run for each bit of the length, and two
};

enum class KeyKind : uint8_t { Ints, Floats, Strings, Mixed };

template <typename E>
KeyKind kind_of_keys(const E* items, size_t n) {
  if (n == 0) return KeyKind::Ints;
  Value first = items[0].key;
  if (first.is_fixnum()) {
    for (size_t i = 1; i < n; i++) {
      if (!items[i].key.is_fixnum()) return KeyKind::Mixed;
    }
    return KeyKind::Ints;
  }
  if (type_of(first) == &types::Float) {
    for (size_t i = 1; i < n; i++) {
      if (!items[i].key.is_tagged_float() && type_of(items[i].key) != &types::Float) return KeyKind::Mixed;
    }
    return KeyKind::Floats;
  }
  if (is_exact_str(first)) {
    for (size_t i = 1; i < n; i++) {
      if (!is_exact_str(items[i].key)) return KeyKind::Mixed;
    }
    return KeyKind::Strings;
  }
  return KeyKind::Mixed;
}

enum class SortResult : uint8_t { Sorted, Raised, NoMemory };

template <typename E, typename Less>
SortResult run_sort(E* items, size_t n, Less less) {
  Sorter<E, Less> sorter(items, n, less);
  return static_cast<SortResult>(sorter.sort());
}

template <typename E>
void reverse_all(E* items, size_t n) {
  for (size_t i = 0, j = n; i + 1 < j;) std::swap(items[i++], items[--j]);
}

template <typename E>
SortResult sort_native(E* items, size_t n, KeyKind kind) {
  switch (kind) {
    case KeyKind::Ints: return run_sort(items, n, IntLess{});
    case KeyKind::Floats: return run_sort(items, n, FloatLess{});
    case KeyKind::Strings: return run_sort(items, n, StrLess{});
    case KeyKind::Mixed: break;
  }
  OROCHI_UNREACHABLE();
}

// A descending sort keeps equal items in order: reverse, sort ascending, reverse.
template <typename E>
SortResult sort_words(Thread& t, E* items, size_t n, bool reverse) {
  if (reverse) reverse_all(items, n);
  KeyKind kind = kind_of_keys(items, n);
  SortResult r = kind == KeyKind::Mixed ? run_sort(items, n, GeneralLess{t}) : sort_native(items, n, kind);
  if (reverse) reverse_all(items, n);
  return r;
}

enum class Attempt : uint8_t { Done, NoMemory, NotNative };

// All keys natively comparable: sorts a copy under the lock and publishes it.
Attempt try_sort_in_place(Thread& t, Borrowed<List> list, bool reverse) {
  ObjectLock guard(t, list.get());
  size_t n = list->length_;
  if (n < 2) return Attempt::Done;
  ListArray* old = list->array;
  static_assert(sizeof(KeyOnly) == sizeof(Value));
  KeyKind kind = kind_of_keys(reinterpret_cast<KeyOnly*>(old->items), n);
  if (kind == KeyKind::Mixed) return Attempt::NotNative;
  ListArray* fresh = make_list_array(n);
  if (!fresh) return Attempt::NoMemory;
  std::memcpy(static_cast<void*>(fresh->items), old->items, n * sizeof(Value));
  auto* words = reinterpret_cast<KeyOnly*>(fresh->items);
  if (reverse) reverse_all(words, n);
  SortResult r = sort_native(words, n, kind);
  if (reverse) reverse_all(words, n);
  if (r == SortResult::NoMemory) {
    free_raw(fresh);
    return Attempt::NoMemory;
  }
  publish_array(list.get(), fresh);
  retire_list_array(list.get(), old, n);
  return Attempt::Done;
}

}  // namespace

Result<void> list_sort(Thread& t, Borrowed<List> list, Borrowed<> key, bool reverse) {
  bool with_key = key.value() != kNone;
  if (!with_key) {
    Attempt attempt = try_sort_in_place(t, list, reverse);
    if (attempt == Attempt::Done) return ok();
    if (attempt == Attempt::NoMemory) return raise_no_memory(t);
  }
  // Take the items out: the list is empty while Python code may look at it.
  Local<List> items = TRY(make_list(t));
  {
    ObjectLock guard(t, list.get());
    items->array = list->array;
    items->length_ = list->length_;
    publish_length(list.get(), 0);
    publish_array(list.get(), nullptr);
    // Readers may still be in the array, which now belongs to `items`: their second look must fail, so the words move
    // to a new array.
    if (items->array && others_may_read(list.get())) {
      ListArray* fresh = make_list_array(items->array->capacity);
      if (!fresh) {
        publish_array(list.get(), items->array);
        publish_length(list.get(), items->length_);
        items->array = nullptr;
        items->length_ = 0;
        guard.release();
        return raise_no_memory(t);
      }
      std::memcpy(static_cast<void*>(fresh->items), items->array->items, items->length_ * sizeof(Value));
      retire_list_array(list.get(), items->array, items->length_);
      items->array = fresh;
    }
  }
  size_t n = items->length_;
  SortResult outcome = SortResult::Sorted;
  if (!with_key) {
    outcome = sort_words(t, reinterpret_cast<KeyOnly*>(items->array->items), n, reverse);
  } else if (n > 0) {
    auto* words = static_cast<KeyValue*>(allocate_raw(n * sizeof(KeyValue)));
    auto made = make_list(t, n);
    if (!words || made.raised()) {
      outcome = made.raised() ? SortResult::Raised : SortResult::NoMemory;
    } else {
      Local<List> keys = made.take();
      for (size_t i = 0; i < n && outcome == SortResult::Sorted; i++) {
        auto k = call(t, key, Borrowed<>(items->array->items[i]));
        if (k.raised()) {
          outcome = SortResult::Raised;
          break;
        }
        words[i] = {(*k).value(), items->array->items[i]};
        keys->array->items[i] = k.release();
        keys->length_ = i + 1;
      }
      if (outcome == SortResult::Sorted) {
        outcome = sort_words(t, words, n, reverse);
        for (size_t i = 0; i < n; i++) items->array->items[i] = words[i].value;
      }
    }
    free_raw(words);
    // The keys are gone; what their finalizers do to the list counts as a change during the sort.
    if (safepoint(t).raised()) outcome = SortResult::Raised;
  }
  // Put them back; what somebody put into the list meanwhile is dropped.
  ListArray* intruder;
  size_t intruders;
  {
    ObjectLock guard(t, list.get());
    intruder = list->array;
    intruders = list->length_;
    publish_length(list.get(), 0);  // never longer than the published array
    publish_array(list.get(), items->array);
    publish_length(list.get(), items->length_);
    items->array = nullptr;
    items->length_ = 0;
  }
  drop_list_array(list.get(), intruder, intruders);
  if (outcome == SortResult::Raised) return Raised{};
  if (outcome == SortResult::NoMemory) return raise_no_memory(t);
  if (intruder) return raise(t, types::ValueError, "list modified during sort");
  return ok();
}

}  // namespace orochi
