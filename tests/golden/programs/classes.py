class A:
    """Doc of A."""
    count = 0
    def __init__(self, x): self.x = x; A.count += 1
    def __repr__(self): return f"A({self.x!r})"
    def __eq__(self, other): return isinstance(other, A) and self.x == other.x
    def __hash__(self): return hash(self.x)
    def __lt__(self, other): return self.x < other.x
    def __add__(self, other): return A(self.x + (other.x if isinstance(other, A) else other))
    __radd__ = __add__
    def __getitem__(self, key): return key
    def __len__(self): return 3
    def __contains__(self, v): return v == self.x
    def __call__(self, *a, **k): return a, k
    def __bool__(self): return self.x != 0
    def __iter__(self): yield from range(self.x)
    @property
    def double(self): return self.x * 2
    @double.setter
    def double(self, v): self.x = v // 2
    @staticmethod
    def st(a): return a
    @classmethod
    def cl(cls, x): return cls(x)
class B(A):
    def __init__(self, x, y): super().__init__(x); self.y = y
    def __repr__(self): return "B:" + super().__repr__()
a, b = A(1), B(2, 3)
print(a, b, a == A(1), a != b, a + b, 5 + a, sum([a, b]), sorted([b, a]), a < b, {a: 1}[A(1)], a[1:2, ...], len(a), 1 in a, a(1, k=2), bool(A(0)), list(b))
b.double = 10; print(b.x, b.double, A.st(4), B.cl, isinstance(b, A), issubclass(B, A), B.__mro__, A.__doc__, A.count, b.__dict__, B.__bases__)
try: a.double = 1; del a.double
except AttributeError as e: print(e)
for expression in ("a.nope", "A.nope", "a.st = 1; a.st()", "A()", "B(1)", "a.x.y", "object().z", "object().z = 1", "A.__init__()", "super().x", "a + 'q'", "A(1) < 1", "class X(int, str): pass", "class X(True): pass", "None.x", "int.x = 1"):
    try: exec(expression)
    except Exception as e: print(type(e).__name__, e)
class Meta(type):
    def __new__(m, name, bases, ns, **kw): ns["made"] = sorted(k for k in ns if not k.startswith("__")); ns["kw"] = kw; return super().__new__(m, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw): super().__init__(name, bases, ns)
    def __call__(cls, *a): print("call", cls.__name__); return super().__call__(*a)
    @classmethod
    def __prepare__(m, name, bases, **kw): return {"prepared": 1}
class C(metaclass=Meta, opt=1):
    z = 1
    def m(self): pass
print(C.made, C.kw, type(C), C().prepared)
class Desc:
    def __set_name__(self, owner, name): self.name = name
    def __get__(self, obj, cls): return ("get", self.name, obj is None)
    def __set__(self, obj, v): print("set", self.name, v)
    def __delete__(self, obj): print("delete", self.name)
class D:
    f = Desc()
    def __init_subclass__(cls, /, tag=None, **kw): super().__init_subclass__(**kw); print("subclass", cls.__name__, tag)
    def __getattr__(self, name): return "missing " + name
    def __setattr__(self, name, v): print("setattr", name); object.__setattr__(self, name, v)
class E(D, tag="t"): pass
d = D(); d.f = 3; print(d.f, D.f, d.other); d.q = 1; print(d.q); del d.f
class Slots:
    __slots__ = ("a", "b")
s = Slots(); s.a = 1
for code in ("print(s.a)", "s.b", "s.c = 1", "s.__dict__", "print(Slots.a)", "del s.a; s.a"):
    try: exec(code)
    except AttributeError as e: print(e)
class P:
    def __init__(self): self.__private = 1
    def get(self): return self.__private
print(P().get(), P().__dict__)
class X: pass
class Y(X): pass
class Z(X): pass
class W(Y, Z): pass
print([c.__name__ for c in W.mro()])
try: type("Bad", (X, Y), {})
except TypeError as e: print(e)
x = X(); x.a = 1; x.b = 2; del x.a; print(vars(x), hasattr(x, "a"), getattr(x, "a", 0), dir(x)[-1]); setattr(x, "c", 3); delattr(x, "b"); print(x.__dict__)
x.__class__ = Y; print(type(x).__name__); x.__dict__ = {"n": 1}; print(x.n)
class Num:
    def __index__(self): return 2
    def __int__(self): return 3
    def __float__(self): return 1.5
    def __format__(self, spec): return f"<{spec}>"
    def __str__(self): return "str"
    def __bytes__(self): return b"by"
    def __round__(self, n=None): return n
    def __neg__(self): return "neg"
    def __enter__(self): return self
    def __exit__(self, *a): print("exit", a[0]); return True
n = Num(); print([1, 2, 3][n], int(n), float(n), f"{n:abc} {n}", bytes(n), round(n, 5), -n, hex(n), range(n), "ab" * n, str(n))
with n as m, n: raise ValueError
print(type("Dyn", (), {"v": 1}).v, type(1), type(type), isinstance(1, (str, int)), isinstance(1, int | str), object() is object(), A.__name__, A.cl.__self__, b.__repr__.__func__.__qualname__)
class G[T]:
    def m[U](self, x: T, y: U) -> T: return x
print(G[int], G.__type_params__, G[int]().m(1, 2), list[int], dict[str, int] | None)
