// _suggestions: the name closest to a misspelt one, for "Did you mean" hints.
//
// Edit distance by the two-row dynamic programme of Wagner and Fischer over UTF-8 bytes; an edit costs 2, a change of
// case 1. A row whose minimum exceeds the budget ends the search.
#include <algorithm>
#include <string_view>
#include <vector>

#include "objects/list.h"
#include "objects/tuple.h"
#include "protocols/native.h"

namespace orochi {
namespace {

constexpr int64_t kEdit = 2, kCase = 1;
constexpr size_t kMaxLength = 40, kMaxCandidates = 750;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
int64_t substitution(char a, char b) {
  if (a == b) return 0;
  return lower(a) == lower(b) ? kCase : kEdit;
}

int64_t distance(std::string_view a, std::string_view b, int64_t budget) {
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  if (a.empty() || b.empty()) return static_cast<int64_t>(a.size() + b.size()) * kEdit;
  if (a.size() > kMaxLength || b.size() > kMaxLength) return budget + 1;
  if (a.size() > b.size()) std::swap(a, b);
  if (static_cast<int64_t>(b.size() - a.size()) * kEdit > budget) return budget + 1;
  int64_t row[kMaxLength + 1];
  for (size_t i = 0; i <= a.size(); i++) row[i] = static_cast<int64_t>(i) * kEdit;
  for (size_t j = 0; j < b.size(); j++) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(j + 1) * kEdit;
    int64_t least = row[0];
    for (size_t i = 0; i < a.size(); i++) {
      int64_t replaced = diagonal + substitution(a[i], b[j]);
      diagonal = row[i + 1];
      row[i + 1] = std::min(replaced, std::min(row[i], row[i + 1]) + kEdit);
      least = std::min(least, row[i + 1]);
    }
    if (least > budget) return budget + 1;
  }
  return row[a.size()];
}

Result<Local<>> generate_suggestions(Thread& t, Borrowed<> candidates, Borrowed<Str> item) {
  if (!is_exact_list(candidates)) return raise(t, types::TypeError, "candidates must be a list");
  Local<Tuple> names = TRY(list_to_tuple(t, candidates.as<List>()));
  for (size_t i = 0; i < names->length(); i++) {
    if (!is_str(names->at(i))) return raise(t, types::TypeError, "all elements in 'candidates' must be strings");
  }
  if (names->length() >= kMaxCandidates) return kNone;
  Utf8 wrong = TRY(str_utf8(t, item, Surrogates::Pass));
  if (wrong.view.size() > kMaxLength) return kNone;
  Borrowed<> best;
  int64_t best_distance = INT64_MAX;
  for (size_t i = 0; i < names->length(); i++) {
    Utf8 name = TRY(str_utf8(t, names->at(i).as<Str>(), Surrogates::Pass));
    if (name.view == wrong.view) continue;
    int64_t budget = static_cast<int64_t>(name.view.size() + wrong.view.size() + 3) * kEdit / 6;
    budget = std::min(budget, best_distance - 1);
    int64_t found = distance(wrong.view, name.view, budget);
    if (found > budget) continue;
    best = names->at(i);
    best_distance = found;
  }
  if (!best) return kNone;
  return Local<>::share(best);
}

constexpr NativeDef kFunctions[] = {
    function<generate_suggestions>("_generate_suggestions(candidates, item, /)",
                                   "Returns the candidate in candidates that's closest to item"),
};

}  // namespace

OROCHI_MODULE(_suggestions, nullptr, kFunctions, nullptr)

}  // namespace orochi
