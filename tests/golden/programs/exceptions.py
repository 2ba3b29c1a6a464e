def f(n):
    try:
        if n == 0: return "return"
        if n == 1: raise ValueError("v", 1)
        if n == 2: raise KeyError("k")
        if n == 3: 1 / 0
    except ValueError as e:
        print("caught", e, e.args, repr(e)); return "handled"
    except (KeyError, IndexError): print("key"); raise
    else: print("else")
    finally: print("finally", n)
    return "end"
for n in range(5):
    try: print(f(n))
    except Exception as e: print("outer", repr(e))
def loops():
    for i in range(3):
        try:
            if i == 1: continue
            if i == 2: break
        finally: print("cleanup", i)
    while True:
        try: return "value"
        finally: print("last")
print(loops())
class Mine(Exception):
    def __init__(self, a, b=0): super().__init__(a); self.b = b
    def __str__(self): return f"Mine<{self.args[0]},{self.b}>"
try:
    try: raise Mine(1, b=2)
    except Mine as e: raise RuntimeError("second") from e
except RuntimeError as e: print(e, e.__cause__, e.__context__ is e.__cause__, e.__suppress_context__)
try:
    try: [][0]
    except IndexError: {}["x"]
except KeyError as e: print(repr(e), repr(e.__context__), e.__cause__)
try: raise Mine
except TypeError as e: print(e)
for bad in ("raise 1", "raise", "raise ValueError from 1", "try:\n  raise ValueError\nexcept 5: pass"):
    try: exec(bad)
    except BaseException as e: print(type(e).__name__, e)
try: raise ExceptionGroup("g", [ValueError(1), TypeError(2), ExceptionGroup("h", [KeyError(3)])])
except* ValueError as g: print("values", g.exceptions)
except* (TypeError, KeyError) as g: print("rest", g.exceptions)
e = ValueError("x"); e.add_note("note"); print(e.__notes__, e.with_traceback(None) is e, e.__traceback__)
import sys
try: raise OSError(2, "No such file", "name")
except FileNotFoundError as e: print(e, e.errno, e.filename, sys.exc_info()[0].__name__)
print(sys.exc_info())
try: e
except NameError as x: print(x)
def gen():
    try: yield 1
    except GeneratorExit: print("closing"); raise
    finally: print("gen done")
g = gen(); next(g); g.close(); print(list(g))
def deep(n): return deep(n + 1)
try: deep(0)
except RecursionError as e: print(type(e).__name__, e)
class CM:
    def __init__(self, swallow): self.swallow = swallow
    def __enter__(self): print("enter"); return self
    def __exit__(self, t, v, tb): print("exit", t and t.__name__, v, tb is not None); return self.swallow
with CM(True): raise ValueError("gone")
try:
    with CM(False) as a, CM(False): raise KeyError("kept")
except KeyError as e: print("got", e)
print(issubclass(KeyError, LookupError), Exception.__mro__, BaseException.__subclasses__()[:1] != [], StopIteration(5).value, SystemExit(3).code, UnicodeDecodeError("utf-8", b"x", 0, 1, "r"), SyntaxError("m").msg, AttributeError("a", name="n").name, ImportError("i", path="p").path)
