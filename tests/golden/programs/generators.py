def count(n):
    for i in range(n):
        got = yield i
        if got: print("got", got)
    return "done"
g = count(3); print(next(g), g.send("x"), next(g))
try: next(g)
except StopIteration as e: print(e.value)
def outer():
    r = yield from count(2); print("result", r)
    yield from [10, 20]; return (yield "last")
g = outer(); print(list(g))
g = count(2); next(g)
try: g.throw(ValueError("thrown"))
except ValueError as e: print(e)
def catch():
    while True:
        try: yield
        except ValueError as e: yield "caught " + str(e)
g = catch(); next(g); print(g.throw(ValueError("a")), g.gi_frame is not None, g.gi_running, g.__name__)
print(sum(x * x for x in range(10)), list(x for x in "ab" for y in "cd"), max((len(w), w) for w in ["a", "bbb", "cc"]))
def fib():
    a, b = 0, 1
    while True: yield a; a, b = b, a + b
import itertools
print(list(itertools.islice(fib(), 15)), list(zip(fib(), "abc")))
def tree(n): 
    if n: yield from tree(n - 1); yield n; yield from tree(n - 1)
print(list(tree(4)))
g = (i for i in range(3)); print(next(g), list(g), list(g))
def bad():
    yield 1; raise StopIteration
try: list(bad())
except RuntimeError as e: print(e, repr(e.__cause__))
try: g2 = count(1); g2.send(1)
except TypeError as e: print(e)
def self_iter():
    yield 1; next(me)
me = self_iter(); next(me)
try: next(me)
except ValueError as e: print(e)
class It:
    def __init__(self): self.n = 0
    def __iter__(self): return self
    def __next__(self):
        self.n += 1
        if self.n > 3: raise StopIteration
        return self.n
print(list(It()), [*It()], tuple(It()), set(It()), dict(zip("abc", It())), 2 in It(), sum(It()), max(It()), "".join(map(str, It())), sorted(It(), reverse=True))
a, *b = It(); print(a, b, list(enumerate(It(), 5)), next(iter([]), "default"), list(reversed(range(3))))
async def co(x): return x + 1
async def agen():
    for i in range(3): yield i; await co(i)
async def main():
    r = [i async for i in agen()]; r2 = {i: await co(i) async for i in agen() if i}
    async for i in agen(): pass
    else: print("async else")
    class ACM:
        async def __aenter__(self): return "entered"
        async def __aexit__(self, *a): print("aexit", a[0]); return True
    async with ACM() as v: print(v); raise ValueError
    return r, r2, await co(await co(1))
c = main()
try: c.send(None)
except StopIteration as e: print(e.value)
c = co(1); print(type(c).__name__); c.close()
