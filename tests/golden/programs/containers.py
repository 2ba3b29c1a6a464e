a = [3, 1, 2]
a.append(5); a.insert(0, 9); a.extend("xy"); print(a, a.pop(), a.pop(0), a.index(2), a.count(1), len(a))
a[1:3] = ["a", "b", "c"]; print(a); del a[::2]; print(a); a *= 2; print(a); a += (1,); print(a, a[-1:], a[5:1:-1])
a.reverse(); print(a); a.remove("x"); print(a); a.clear(); print(a, not a, [] == [], [1, 2] < [1, 3], [[1]] * 2)
print(sorted([3, 1, 2], reverse=True), sorted("bca", key=ord), sorted([(1, "b"), (1, "a"), (0, "z")]), list(reversed([1, 2])))
x = [1, [2, 3]]; x.append(x); print(x, repr({"k": x}))
t = (1, 2, 3); print(t + (4,), t * 2, t[1:], t.index(2), (), (1,), t < (1, 2, 4), hash(t) == hash((1, 2, 3)), *t)
first, *rest = range(5); (p, q), r = (1, 2), 3; *start, last = "abc"; print(first, rest, p, q, r, start, last)
d = {"b": 1, "a": 2, 3: [4]}
d["c"] = None; print(d, d.get("z"), d.get("z", 0), d.pop("b"), list(d), d.items(), d.keys(), d.values(), "a" in d, len(d))
d.update(a=5, e=6); d |= {"f": 7}; print(d, d.setdefault("g", []), d.popitem(), {**d, "h": 1}, d | {"a": 0})
print({1: "a", 1.0: "b", True: "c"}, {k: v for k, v in zip("abc", range(3))}, dict([(1, 2)], x=3), dict.fromkeys("ab", 0))
print({"a": 1, "b": 2} == {"b": 2, "a": 1}, {"a": 1}.keys() & {"a", "b"}, {"a": 1}.items() - {("a", 1)}, list(reversed({"a": 1, "b": 2})))
s = {3, 1, 2}; s.add(1); s.discard(9); print(sorted(s), s | {4}, s & {1, 5}, s - {1}, s ^ {1, 7}, s <= {1, 2, 3}, s > {1}, {1} < {1})
s.update([8], (9,)); s.remove(8); s -= {9}; print(s, set(), frozenset([1]), {frozenset()}, frozenset({1}) == {1}, s.isdisjoint({7}))
print(range(5), list(range(10, 0, -3)), range(3)[1], 5 in range(0, 10, 2), len(range(0, 10, 3)), range(0) == range(2, 2), range(10)[2:5], range(5).index(3))
print(list(zip([1, 2], "ab")), list(map(lambda x, y: x + y, [1, 2], [3, 4])), list(filter(None, [0, 1, "", "a"])), any([]), all([]), any([0, 1]))
print(slice(1, 2), slice(None, None, -1).indices(5), [1, 2, 3, 4][slice(1, None, 2)], list(iter([1, 2].pop, 1)))
b = b"ab\x00\xff\n'"; print(b, b[0], b[1:], b.hex(), b.hex(":"), bytes([1, 2]), bytes(3), bytes.fromhex("ff 0a"), b"a,b".split(b","), b"x".join([b"1", b"2"]), b"abc".find(b"c"), b"AbC".lower(), b"a" in b, 97 in b)
m = bytearray(b"abc"); m.append(100); m[0] = 65; m += b"e"; m[1:2] = b"ZZ"; del m[-1]; print(m, bytes(m), m.pop(), m.decode())
v = memoryview(b"abcdef"); print(v[1], bytes(v[1:3]), v[::2].tolist(), len(v), v.format, v.nbytes)
for expression in ("[][0]", "{}['k']", "[].pop()", "{}.popitem()", "set().pop()", "(1)[0]", "{[]: 1}", "{{}}", "[1].remove(2)", "[1].index(2)", "a, b = 1", "a, b = (1, 2, 3)", "a, b = (1,)", "next(iter([]))", "[1, 'a'] < [1, 2]", "sorted([1, 'a'])", "[1][1.5]", "range(1, 2, 0)", "dict([1])", "list(zip([1], [], strict=True))", "bytes([256])", "len(5)", "iter(5)", "hash([])", "(1, 2) + [3]"):
    try:
        exec(expression)
    except Exception as error:
        print(type(error).__name__, error)
try:
    for key in (e := {1: 1}):
        e[2] = 2
except RuntimeError as error:
    print(error)
