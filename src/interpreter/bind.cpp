// Binding arguments to the parameters of a Python function, with errors worded as Python's (language reference, "Calls").
//
// Registers of the parameters: positional-only, positional, keyword-only, then *args, then **kwargs.
#include "interpreter/ops.h"
#include "objects/dict.h"
#include "objects/exception.h"
#include "protocols/operators.h"

namespace orochi {

namespace {

void clear_registers(Value* regs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    Value v = regs[i];
    regs[i] = Value();
    release(v);
  }
}

Borrowed<Str> parameter_name(Code* code, size_t i) { return code->locals.borrow()->at(i).as<Str>(); }

// "'a'", "'a' and 'b'", "'a', 'b', and 'c'"
Result<Local<Str>> list_names(Thread& t, const Value* names, size_t count) {
  StrBuilder out(t);
  for (size_t i = 0; i < count; i++) {
    if (i > 0) out.append_ascii(count == 2 ? " and " : i + 1 == count ? ", and " : ", ");
    out.append_ascii("'");
    out.append(Borrowed<Str>(names[i]));
    out.append_ascii("'");
  }
  return out.finish();
}

void raise_missing(Thread& t, Function* function, Code* code, const Value* regs, size_t from, size_t to,
                   const char* kind) {
  constexpr size_t kMost = 256;
  Value names[kMost];
  size_t count = 0, total = 0;
  for (size_t i = from; i < to; i++) {
    if (!regs[i].is_empty()) continue;
    total++;
    if (count < kMost) names[count++] = parameter_name(code, i);
  }
  auto list = list_names(t, names, count);
  if (list.raised()) return;
  (void)raise(t, types::TypeError, "{}() missing {} required {} argument{}: {}", function->qualname.borrow(), total, kind,
              total == 1 ? "" : "s", *list);
}

void raise_too_many(Thread& t, Function* function, Code* code, const Value* regs, size_t given) {
  size_t defaults = function->defaults.borrow() ? function->defaults.borrow()->length() : 0;
  size_t keyword_only_given = 0;
  for (size_t i = code->argcount; i < code->argcount + code->kwonlyargcount; i++) {
    if (!regs[i].is_empty()) keyword_only_given++;
  }
  auto name = function->qualname.borrow();
  bool plural = code->argcount != 1;
  Local<Str> sig;
  if (defaults) {
    plural = true;
    auto r = format_str(t, "from {} to {}", code->argcount - defaults, code->argcount);
    if (r.raised()) return;
    sig = r.take();
  } else {
    auto r = format_str(t, "{}", code->argcount);
    if (r.raised()) return;
    sig = r.take();
  }
  if (keyword_only_given) {
    (void)raise(t, types::TypeError,
                "{}() takes {} positional argument{} but {} positional argument{} (and {} keyword-only argument{}) were given",
                name, sig, plural ? "s" : "", given, given != 1 ? "s" : "", keyword_only_given,
                keyword_only_given != 1 ? "s" : "");
    return;
  }
  (void)raise(t, types::TypeError, "{}() takes {} positional argument{} but {} {} given", name, sig, plural ? "s" : "",
              given, given == 1 && !keyword_only_given ? "was" : "were");
}

// Fills what is still empty from the defaults; false: raised.
bool fill_defaults(Thread& t, Function* function, Code* code, Value* regs) {
  size_t argcount = code->argcount;
  Local<Tuple> defaults = function->defaults.load(function);
  size_t have = defaults ? defaults->length() : 0;
  size_t first_default = argcount > have ? argcount - have : 0;
  size_t skip = have > argcount ? have - argcount : 0;
  for (size_t i = 0; i < first_default; i++) {
    if (regs[i].is_empty()) {
      raise_missing(t, function, code, regs, 0, first_default, "positional");
      return false;
    }
  }
  for (size_t i = first_default; i < argcount; i++) {
    if (regs[i].is_empty()) regs[i] = Local<>::share(defaults->at(i - first_default + skip)).release();
  }
  if (code->kwonlyargcount) {
    Local<Dict> keyword_defaults = function->kwdefaults.load(function);
    bool missing = false;
    for (size_t i = argcount; i < argcount + code->kwonlyargcount; i++) {
      if (!regs[i].is_empty()) continue;
      if (keyword_defaults) {
        Lookup<> found = dict_find_str(t, keyword_defaults, parameter_name(code, i));
        if (found.raised()) return false;
        if (found.found()) {
          regs[i] = found.release();
          continue;
        }
      }
      missing = true;
    }
    if (missing) {
      raise_missing(t, function, code, regs, argcount, argcount + code->kwonlyargcount, "keyword-only");
      return false;
    }
  }
  return true;
}

// Which parameter a keyword names, or -1.
int64_t find_parameter(Code* code, Borrowed<Str> name) {
  size_t last = code->argcount + code->kwonlyargcount;
  const Value* names = code->locals.borrow()->values();
  for (size_t i = code->posonlyargcount; i < last; i++) {
    if (names[i] == name.value()) return static_cast<int64_t>(i);
  }
  for (size_t i = code->posonlyargcount; i < last; i++) {
    if (str_equal(Borrowed<Str>(names[i]), name)) return static_cast<int64_t>(i);
  }
  return -1;
}

// The cheapest edit from `a` to `b` in CPython's cost model (2 a move, 1 a case change), bounded.
size_t edit_cost(Borrowed<Str> a, Borrowed<Str> b, size_t limit) {
  constexpr size_t kLongest = 40;
  size_t n = a->length(), k = b->length();
  if (n > kLongest || k > kLongest) return limit + 1;
  size_t row[kLongest + 1];
  for (size_t j = 0; j <= k; j++) row[j] = j * 2;
  auto fold = [](uint32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
  for (size_t i = 1; i <= n; i++) {
    size_t diagonal = row[0];
    row[0] = i * 2;
    for (size_t j = 1; j <= k; j++) {
      uint32_t x = a->at(i - 1), y = b->at(j - 1);
      size_t change = diagonal + (x == y ? 0 : fold(x) == fold(y) ? 1 : 2);
      diagonal = row[j];
      size_t best = change;
      if (row[j] + 2 < best) best = row[j] + 2;
      if (row[j - 1] + 2 < best) best = row[j - 1] + 2;
      row[j] = best;
    }
  }
  return row[k];
}

Borrowed<Str> closest_parameter(Code* code, Borrowed<Str> wrong) {
  Borrowed<Str> best;
  size_t best_cost = SIZE_MAX;
  for (size_t i = code->posonlyargcount; i < code->argcount + code->kwonlyargcount; i++) {
    Borrowed<Str> name = parameter_name(code, i);
    size_t limit = (wrong->length() + name->length() + 3) * 2 / 6;
    if (limit > best_cost - 1) limit = best_cost - 1;
    size_t cost = edit_cost(wrong, name, limit);
    if (cost <= limit) {
      best = name;
      best_cost = cost;
    }
  }
  return best;
}

// Are some of the names those of positional-only parameters? Then raises.
bool raise_positional_only(Thread& t, Function* function, Code* code, Borrowed<Tuple> names) {
  if (code->posonlyargcount == 0) return false;
  StrBuilder out(t);
  size_t count = 0;
  for (size_t k = 0; k < code->posonlyargcount; k++) {
    for (size_t i = 0; i < names->length(); i++) {
      if (!str_equal(parameter_name(code, k), names->at(i).as<Str>())) continue;
      if (count++) out.append_ascii(", ");
      out.append(names->at(i).as<Str>());
      break;
    }
  }
  if (count == 0) return false;
  auto list = out.finish();
  if (!list.raised()) {
    (void)raise(t, types::TypeError, "{}() got some positional-only arguments passed as keyword arguments: '{}'",
                function->qualname.borrow(), *list);
  }
  return true;
}

bool bind_keywords(Thread& t, Function* function, Code* code, Value* regs, const CallArgs& args, Borrowed<Dict> rest) {
  Borrowed<Tuple> names = args.names;
  for (size_t k = 0; k < names->length(); k++) {
    Borrowed<> key = names->at(k);
    Value value = args.values[args.count + k];
    if (!is_str(key)) {
      (void)raise(t, types::TypeError, "{}() keywords must be strings", function->qualname.borrow());
      return false;
    }
    int64_t at = find_parameter(code, key.as<Str>());
    if (at >= 0) {
      if (!regs[at].is_empty()) {
        (void)raise(t, types::TypeError, "{}() got multiple values for argument '{}'", function->qualname.borrow(),
                    key.as<Str>());
        return false;
      }
      regs[at] = Local<>::share(value).release();
      continue;
    }
    if (rest) {
      if (dict_set(t, rest, key, Borrowed<>(value)).raised()) return false;
      continue;
    }
    if (raise_positional_only(t, function, code, names)) return false;
    Borrowed<Str> close = closest_parameter(code, key.as<Str>());
    if (close) {
      (void)raise(t, types::TypeError, "{}() got an unexpected keyword argument '{}'. Did you mean '{}'?",
                  function->qualname.borrow(), key.as<Str>(), close);
    } else {
      (void)raise(t, types::TypeError, "{}() got an unexpected keyword argument '{}'", function->qualname.borrow(),
                  key.as<Str>());
    }
    return false;
  }
  return true;
}

}  // namespace

bool bind_in_place(Thread& t, Function* function, Code* code, Value* regs, size_t count) {
  size_t argcount = code->argcount;
  size_t keyword_only = code->kwonlyargcount;
  Local<Tuple> extra;
  if (code->flags & kCoVarArgs) {
    size_t n = count > argcount ? count - argcount : 0;
    auto tuple = make_tuple_uninitialised(t, n);
    if (tuple.raised()) {
      clear_registers(regs, count);
      return false;
    }
    extra = tuple.take();
    for (size_t i = 0; i < n; i++) {
      extra->items()[i].init(Local<>::adopt(regs[argcount + i]));
      regs[argcount + i] = Value();
    }
    if (n) count = argcount;
  }
  for (size_t i = count; i < code->nlocals; i++) regs[i] = Value();
  if (count > argcount) {
    // Too many. The surplus lies where keyword-only parameters belong: drop it first, it was not given by keyword.
    for (size_t i = argcount; i < count; i++) {
      Local<> surplus = Local<>::adopt(regs[i]);
      regs[i] = Value();
    }
    raise_too_many(t, function, code, regs, count);
    clear_registers(regs, argcount);
    return false;
  }
  size_t next = argcount + keyword_only;
  if (extra) regs[next++] = extra.release();
  if (code->flags & kCoVarKeywords) {
    auto dict = make_dict(t);
    if (dict.raised()) {
      clear_registers(regs, code->nparams);
      return false;
    }
    regs[next] = dict.release();
  }
  if ((count < argcount || keyword_only) && !fill_defaults(t, function, code, regs)) {
    clear_registers(regs, code->nparams);
    return false;
  }
  return true;
}

bool bind_general(Thread& t, Function* function, Code* code, Value* regs, const CallArgs& args) {
  for (size_t i = 0; i < code->nlocals; i++) regs[i] = Value();
  size_t argcount = code->argcount;
  size_t taken = args.count < argcount ? args.count : argcount;
  for (size_t i = 0; i < taken; i++) regs[i] = Local<>::share(args.values[i]).release();
  size_t next = argcount + code->kwonlyargcount;
  auto fail = [&] {
    clear_registers(regs, code->nparams);
    return false;
  };
  if (code->flags & kCoVarArgs) {
    auto extra = make_tuple(t, args.values + taken, args.count - taken);
    if (extra.raised()) return fail();
    regs[next++] = extra.release();
  }
  Borrowed<Dict> rest;
  if (code->flags & kCoVarKeywords) {
    auto dict = make_dict(t);
    if (dict.raised()) return fail();
    regs[next] = dict.release();
    rest = Borrowed<Dict>(regs[next]);
  }
  if (args.has_names() && !bind_keywords(t, function, code, regs, args, rest)) return fail();
  if (args.count > argcount && !(code->flags & kCoVarArgs)) {
    raise_too_many(t, function, code, regs, args.count);
    return fail();
  }
  if (!fill_defaults(t, function, code, regs)) return fail();
  return true;
}

}  // namespace orochi
