"""A module with a bit of everything."""
from __future__ import annotations
import os.path as path, sys
from . import sibling

type Pair[T: int = bool, *Ts, **P] = tuple[T, *Ts]


@decorator(1)
class A[T](Base, metaclass=Meta):
    x: int = 1
    (y): str

    async def f(self, a, /, b: int = 2, *args, c, d=4, **kw) -> None:
        async with a as b, c:
            await d
        async for i in g():
            yield i
        else:
            return
        return [i async for i in x if i if j for k in l]


def g():
    global h
    try:
        raise E from None
    except* (A, B) as e:
        pass
    else:
        del x[1:2, ...], y.z
    finally:
        nonlocal_ = lambda *, a=1: (yield)
    while not a < b <= c != d is not e in f:
        break
    else:
        assert a, "b"
    x += -1 ** 2 // 3 @ m
    with (open(p) as f, q):
        print(f"{x!r:>{width}} {y=} {{}}", t"{z:.2f}", rb"\d", 1_000, 0x1F, 1e3, 2j, *a, **b)
    match c:
        case {"k": [1, *rest], **others} if rest:
            pass
        case Point(x=0, y=-1.5 + 2j) | (None | True) as p:
            pass
        case str() | a.b | _:
            (n := 10) if a else b or c and d
