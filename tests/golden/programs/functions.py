def f(a, b=2, /, c=3, *args, d, e=5, **kw):
    return a, b, c, args, d, e, kw
print(f(1, d=4), f(1, 2, 3, 4, 5, d=6, z=7), f(*[1, 2], **{"d": 3, "c": 4}), f(1, d=2, a=3))
def g(x, y=[]):
    y.append(x); return y
print(g(1), g(2), g.__defaults__, f.__kwdefaults__, f.__name__, f.__qualname__, f.__code__.co_varnames, f.__code__.co_argcount)
for call in ("f()", "f(1)", "f(1, 2, 3, d=1, d1=2, **{'d': 1})", "g()", "g(1, 2, 3)", "g(1, x=2)", "g(z=1)", "(lambda: 0)(1)", "g(*1)", "g(**1)", "print(1, foo=2)", "len()", "len(1, 2)", "'a'.upper(1)", "int(1, 2, 3)", "(lambda a, b, *, c, d: 0)()", "(lambda *, k: 0)(1)", "5()"):
    try:
        exec(call)
    except Exception as error:
        print(type(error).__name__, error)
def counter():
    n = 0
    def step(by=1):
        nonlocal n
        n += by
        return n
    return step
c = counter(); c(); print(c(), c(5), c.__closure__[0].cell_contents, c.__code__.co_freevars)
fs = [lambda: i for i in range(3)]; print([h() for h in fs], [h() for h in [lambda i=i: i for i in range(3)]])
def deco(arg):
    def wrap(fn):
        def inner(*a, **k):
            return arg, fn(*a, **k)
        return inner
    return wrap
@deco(1)
@deco(2)
def h(x): return x
print(h(3), (lambda *a, k=1, **kw: (a, k, kw))(1, 2, z=3))
x = "global"
def scopes():
    print(x)
    def inner():
        global x
        x = "changed"
    inner(); print(x)
    class C:
        x = "class"
        def m(self): return x
        y = [x for _ in range(1)]
    print(C().m(), C.y, C.x)
scopes()
def unbound():
    print(late)
    late = 1
for fn in (unbound, lambda: undefined_name):
    try: fn()
    except NameError as error: print(type(error).__name__, error)
def rec(n): return 1 if n == 0 else n * rec(n - 1)
print(rec(20), (lambda f: f(f, 10))(lambda f, n: n if n < 2 else f(f, n - 1) + f(f, n - 2)))
def annotated(a: int, b: "str" = "x", *c: float) -> bool: "doc"
print(annotated.__annotations__, annotated.__doc__, annotated.__module__)
total = 0
for i in range(10):
    if i == 3: continue
    if i == 8: break
    total += i
else:
    print("never")
while total > 0: total -= 7
else: print("else", total)
print([i * j for i in range(3) for j in range(3) if i != j], {i: {j for j in range(i)} for i in range(3)}, sum(i for i in range(5)))
print((y := 5) + y, [z := 1, z + 1], 1 < 2 < 3 > 2, 1 < 3 < 2, not 0 or 5, 0 and 1, 1 and 2, "" or "x", 1 if 0 else 2)
a = b = [1]; a += [2]; print(b); a = a + [3]; print(b); i = 3; i **= 2; i //= 2; i <<= 3; i |= 1; i @= 1 if False else type("M", (), {"__rmatmul__": lambda s, o: o + 100})(); print(i)
del a
try: a
except NameError as error: print(error)
print(*map(str, range(3)), sep="-", end="!\n"); print("no newline", end=""); print()
assert True, "fine"
try: assert 1 == 2, ("a", 1)
except AssertionError as error: print(repr(error))
def rr(): return
print(rr(), len, callable(rr), rr.__class__, type(lambda: 0), type(len))
