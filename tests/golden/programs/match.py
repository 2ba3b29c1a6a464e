from dataclasses import dataclass
@dataclass
class Point: x: int; y: int = 0
class Old:
    __match_args__ = ("a",)
    def __init__(self, a): self.a = a
def m(v):
    match v:
        case None | True: return "none or true"
        case 0 | -1: return "small"
        case 1.5: return "float"
        case "a" "b": return "str"
        case [] : return "empty"
        case [1, x]: return f"pair {x}"
        case [1, *rest, 9]: return f"rest {rest}"
        case (a, b) if a == b: return "equal"
        case {"k": [v1, _], **kw}: return f"map {v1} {kw}"
        case {}: return "any map"
        case Point(0, y=yy): return f"on axis {yy}"
        case Point(x=x) as p if x > 5: return f"far {p}"
        case Old(Old(z)): return f"nested {z}"
        case int(n): return f"int {n}"
        case str() as s: return f"str {s}"
        case [[q, _], *_]: return f"deep {q}"
        case _: return "other"
for v in (None, True, False, 0, -1, 1.5, "ab", [], [1, 5], [1, 2, 3, 9], (4, 4), {"k": [1, 2], "z": 3}, {"q": 1}, Point(0, 3), Point(7), Point(2), Old(Old(3)), Old(1), 42, "text", [[1, 2], 3, 4], (1, 2, 3), b"x", {1}, range(2)):
    print(repr(v) if not isinstance(v, Old) else "Old", "->", m(v))
match 1, 2:
    case x, y: print(x, y)
type Alias = int | str
print(Alias, Alias.__value__)
def first[T](a: list[T]) -> T: return a[0]
print(first([1]), first.__type_params__)
name, n = "w", 3
print(f"{name!r:>{n + 5}} {f"{n}{'q'}"} {n:=^9} {'\n'!r}")
t = t"hello {name} {n:>5}"
print(type(t).__name__, t.strings, [(i.value, i.expression, i.conversion, i.format_spec) for i in t.interpolations])
print([*range(3), *"ab"], {**{"a": 1}, "b": 2}, (*(), 1), print.__name__)
x = 5
def g():
    global x
    x += 1
    return x
print(g(), (lambda: (yield))().__class__.__name__)
for i, (a, *b) in enumerate([(1, 2, 3), "xy"]): print(i, a, b)
if (n := 10) > 5 and not n % 2: print("walrus", n)
try: pass
except* ValueError: pass
with open(__file__) as f, open(__file__) as g: print(f.readline() == g.readline())
print(0x_ff, 0b1_0, 0o17, 1_000.5e-1_0, 1e3j, "\N{BULLET}\x41\u00e9\101", r"\n", b"\x00", "a" 'b' """c""", 1 if True else 2, ...)
print(__name__, __doc__, __debug__, 3 .real, -2 ** 2, 2 ** -1, not True == False, 1 in [1] == True, ~-1, 5 // -2, -5 % 3, 1 << 2 + 1, 3 & 2 | 4 ^ 1)
