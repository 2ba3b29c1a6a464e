@d
@e(1)
async def f[T: int = str, *Ts = *x, **P = [y]](a, b: int = 1, /, c=2, *args: *Ts, d, e=3, **k) -> int:
    async with a as b: pass
    async for x in y: await z
    return [i async for i in j if k if l]
class C[T](A, *B, metaclass=M, **kw):
    def g(self): yield from x
    def h(self): z = yield
type Alias[T] = list[T]
