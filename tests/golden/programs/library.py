import collections, functools, itertools, json, math, operator, re, string, copy, heapq, bisect, random, struct, io, os, sys, textwrap, datetime, enum, dataclasses, typing, contextlib, abc, time, hashlib, base64, statistics, fractions, decimal, pprint, types, weakref, threading, queue
print(collections.Counter("mississippi").most_common(), collections.deque([1, 2, 3], 2), collections.OrderedDict(a=1), collections.defaultdict(int, a=1), collections.namedtuple("P", "x y")(1, 2))
print(functools.reduce(operator.mul, range(1, 7)), functools.partial(print, 1).args, list(itertools.accumulate(range(5))), list(itertools.product("ab", repeat=2)), list(itertools.chain.from_iterable(["ab", "c"])), list(itertools.pairwise("abc")), list(itertools.combinations("abc", 2)), list(itertools.takewhile(lambda x: x < 3, itertools.count())), list(itertools.zip_longest("ab", "c", fillvalue="-")))
print(json.dumps({"a": [1, 2.5, None, True], "é": "\u1234"}, indent=2), json.loads('{"a": [1e3, "\\u00e9"]}'), json.dumps("é", ensure_ascii=False))
print(math.pi, math.sqrt(2), math.floor(-1.5), math.factorial(20), math.log(8, 2), math.hypot(3, 4), math.isclose(0.1 + 0.2, 0.3), math.prod([1, 2, 3]), math.copysign(1, -0.0))
print(re.findall(r"(\w)(\d+)", "a1 b22 c333"), re.sub(r"\s+", " ", "a  b\t c"), re.match(r"(?P<y>\d{4})-(?P<m>\d\d)", "2024-05").groupdict(), re.split("[,;]", "a,b;c"), re.search("(?<=a)b+?", "cabbb"), re.fullmatch("a|ab", "ab"), re.compile("x", re.I))
h = [5, 2, 8]; heapq.heapify(h); heapq.heappush(h, 1); print(heapq.heappop(h), h, bisect.bisect_left([1, 3, 5], 3), struct.pack(">IhB", 1, -2, 3), struct.calcsize("<qd"))
b = io.StringIO("a\nb\n"); print(b.readline(), b.read(), io.BytesIO(b"xyz").read(2)); print(os.path.join("a", "b", "/c"), os.path.splitext("x.tar.gz"), os.path.basename("/a/b"), os.path.normpath("a/../b//c"))
print(textwrap.wrap("the quick brown fox", 10), datetime.date(2024, 2, 29) + datetime.timedelta(1), datetime.datetime(2024, 1, 1, 12).strftime("%d/%m/%y %H"), datetime.timedelta(days=1, hours=-1))
class Color(enum.Enum): RED = 1; GREEN = 2
class Perm(enum.IntFlag): R = 4; W = 2
print(Color.RED, repr(Color.GREEN), Color(1).name, list(Color), Perm.R | Perm.W, Perm(6) & 4, Color["RED"] is Color.RED)
@dataclasses.dataclass(order=True)
class Item: name: str; price: float = 1.0; tags: list = dataclasses.field(default_factory=list)
print(Item("a"), Item("a") == Item("a"), Item("a") < Item("b"), dataclasses.asdict(Item("z", 2.0, [1])), dataclasses.replace(Item("q"), price=9))
@contextlib.contextmanager
def cm(): print("in"); yield 5; print("out")
with cm() as v, contextlib.suppress(ValueError): print(v); raise ValueError
@functools.lru_cache
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(50), fib.cache_info(), hashlib.sha256(b"x").hexdigest()[:10], base64.b64encode(b"hello"), statistics.mean([1, 2, 3, 4]), fractions.Fraction(3, 6), decimal.Decimal("0.1") + decimal.Decimal("0.2"))
random.seed(1); print(random.random(), random.randint(1, 100), random.choice("abc"), random.sample(range(10), 3), random.shuffle([1]))
pprint.pprint({"k" * 20: list(range(30)), "b": {"c": "d" * 50}}); print(copy.deepcopy([[1], {2: [3]}]), string.ascii_lowercase, types.SimpleNamespace(a=1))
out = []; ts = [threading.Thread(target=out.append, args=(i,)) for i in range(4)]; [t.start() for t in ts]; [t.join() for t in ts]; print(sorted(out))
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(3) as ex: print(list(ex.map(lambda x: x * x, range(6))), ex.submit(pow, 2, 10).result())
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
try: Shape()
except TypeError as e: print(e)
print(typing.List[int], typing.Optional[str], typing.Union[int, str], typing.get_type_hints(Item))
w = weakref.ref(Color); print(w() is Color); print(sys.version_info[:2], sys.maxsize, sys.getrecursionlimit(), len(sys.argv))
import asyncio
async def work(n): await asyncio.sleep(0.01 * n); return n
async def main(): return await asyncio.gather(*(work(i) for i in (3, 1, 2)))
print(asyncio.run(main()))
print(f"{datetime.date(2024, 1, 2):%Y/%m/%d}", "%s" % datetime.timedelta(seconds=90), time.strftime("%H", time.gmtime(3600)))
