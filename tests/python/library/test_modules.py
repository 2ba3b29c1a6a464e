"""The modules of the standard library that programs use most: each is imported in its own test and does its main thing."""

import os
import sys
import tempfile
import unittest


class Text(unittest.TestCase):
    def test_string(self):
        import string

        self.assertEqual(string.Template("$a-${b}").substitute(a=1, b=2), "1-2")
        self.assertEqual(string.Formatter().format("{0:>4}|{x!r}", 7, x="y"), "   7|'y'")

    def test_re(self):
        import re

        self.assertEqual(re.sub(r"(\w+)@(?P<host>\w+)", r"\g<host>:\1", "me@here you@there"), "here:me there:you")
        self.assertEqual(re.findall(r"(?i)\bA\w*", "apple Banana avocado"), ["apple", "avocado"])
        self.assertEqual(re.split(r"[,;]\s*", "a, b;c"), ["a", "b", "c"])

    def test_difflib(self):
        import difflib

        self.assertEqual(list(difflib.unified_diff(["a", "b"], ["a", "c"], lineterm=""))[-2:], ["-b", "+c"])
        self.assertEqual(difflib.get_close_matches("appel", ["ape", "apple", "peach"]), ["apple", "ape"])

    def test_textwrap(self):
        import textwrap

        self.assertEqual(textwrap.fill("one two three four", 9), "one two\nthree\nfour")
        self.assertEqual(textwrap.dedent("  a\n    b\n"), "a\n  b\n")

    def test_html(self):
        import html
        import html.parser

        self.assertEqual(html.escape("<a & 'b'>"), "&lt;a &amp; &#x27;b&#x27;&gt;")
        self.assertEqual(html.unescape("&eacute;&#33;"), "é!")
        seen = []

        class Parser(html.parser.HTMLParser):
            def handle_starttag(self, tag, attrs):
                seen.append((tag, attrs))

        Parser().feed('<p class="x">text<br></p>')
        self.assertEqual(seen, [("p", [("class", "x")]), ("br", [])])

    def test_shlex(self):
        import shlex

        self.assertEqual(shlex.split("a 'b c' \"d e\" f\\ g"), ["a", "b c", "d e", "f g"])
        self.assertEqual(shlex.quote("it's"), "'it'\"'\"'s'")

    def test_fnmatch(self):
        import fnmatch

        self.assertEqual(fnmatch.filter(["a.py", "b.txt", "c.py"], "[!a]*.py"), ["c.py"])

    def test_tokenize(self):
        import io
        import tokenize

        tokens = tokenize.generate_tokens(io.StringIO("x = 1 # c\n").readline)
        self.assertEqual([token.string for token in tokens][:4], ["x", "=", "1", "# c"])

    def test_keyword(self):
        import keyword

        self.assertTrue(keyword.iskeyword("lambda") and keyword.issoftkeyword("match"))

    def test_csv(self):
        import csv
        import io

        rows = list(csv.reader(io.StringIO('a,"b ""c""",d\n1,,"x\ny"\n')))
        self.assertEqual(rows, [["a", 'b "c"', "d"], ["1", "", "x\ny"]])
        out = io.StringIO()
        writer = csv.DictWriter(out, ["a", "b"])
        writer.writeheader()
        writer.writerow({"a": "1,2", "b": None})
        self.assertEqual(out.getvalue(), 'a,b\r\n"1,2",\r\n')

    def test_pprint(self):
        import pprint

        self.assertEqual(pprint.pformat({"b": [1, 2], "a": ("x",)}, width=10), "{'a': ('x',),\n 'b': [1,\n       2]}")

    def test_reprlib(self):
        import reprlib

        self.assertEqual(reprlib.repr(list(range(100))), "[0, 1, 2, 3, 4, 5, ...]")


class Data(unittest.TestCase):
    def test_json(self):
        import json

        value = {"a": [1, 2.5, None, True, "é\n"], "b": {}}
        self.assertEqual(json.loads(json.dumps(value)), value)
        self.assertEqual(json.dumps(value, sort_keys=True, separators=(",", ":")), '{"a":[1,2.5,null,true,"\\u00e9\\n"],"b":{}}')
        with self.assertRaisesRegex(json.JSONDecodeError, r"^Expecting ',' delimiter: line 1 column 4 \(char 3\)$"):
            json.loads("[1 2]")

    def test_pickle(self):
        import pickle

        value = {"a": [1, -(2**70), 2.5, None, ("x", b"y")], "s": {1, 2}, "f": os.path.join}
        value["self"] = value["a"]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(value, protocol))
            self.assertEqual(again, value)
            self.assertIs(again["self"], again["a"])

    def test_copy(self):
        import copy

        value = [1, [2, 3]]
        value.append(value)
        deep = copy.deepcopy(value)
        self.assertIsNot(deep[1], value[1])
        self.assertIs(deep[2], deep)

    def test_struct(self):
        import struct

        self.assertEqual(struct.pack("<hIq4s?", -2, 3, 1 << 40, b"ab", True).hex(), "feff03000000000000000001000061620000" + "01")
        self.assertEqual(struct.unpack(">d", struct.pack(">d", 1.5)), (1.5,))

    def test_base64(self):
        import base64

        self.assertEqual(base64.b64encode(b"\x00\xff?>"), b"AP8/Pg==")
        self.assertEqual(base64.b32decode("MFRGG==="), b"abc")
        self.assertEqual(base64.b85decode(base64.b85encode(b"hello")), b"hello")

    def test_hashlib(self):
        import hashlib

        self.assertEqual(hashlib.md5(b"abc").hexdigest(), "900150983cd24fb0d6963f7d28e17f72")
        self.assertEqual(hashlib.sha256(b"abc").hexdigest()[:16], "ba7816bf8f01cfea")
        self.assertEqual(hashlib.sha3_256(b"").hexdigest()[:16], "a7ffc6f8bf1ed766")
        self.assertEqual(hashlib.blake2b(b"abc", digest_size=8).hexdigest(), "d8bb14d833d59559")

    def test_hmac_and_secrets(self):
        import hmac
        import secrets

        self.assertEqual(hmac.new(b"key", b"message", "md5").hexdigest(), "4e4748e62b463521f6775fbf921234b5")
        self.assertEqual(len(secrets.token_hex(8)), 16)
        self.assertTrue(hmac.compare_digest(b"a", b"a"))

    def test_zlib(self):
        import gzip
        import zlib

        data = b"text " * 1000
        self.assertEqual(zlib.decompress(zlib.compress(data)), data)
        self.assertEqual(zlib.crc32(b"abc"), 0x352441C2)
        self.assertEqual(gzip.decompress(gzip.compress(data)), data)

    def test_zipfile(self):
        import io
        import zipfile

        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/b.txt", "content" * 100)
        with zipfile.ZipFile(buffer) as archive:
            self.assertEqual(archive.namelist(), ["a/b.txt"])
            self.assertEqual(archive.read("a/b.txt"), b"content" * 100)

    def test_uuid(self):
        import uuid

        self.assertEqual(str(uuid.uuid5(uuid.NAMESPACE_DNS, "python.org")), "886313e1-3b8a-5372-9b90-0c9aee199e5d")
        self.assertEqual(uuid.uuid4().version, 4)

    def test_ipaddress(self):
        import ipaddress

        net = ipaddress.ip_network("10.0.0.0/29")
        self.assertEqual(len(list(net.hosts())), 6)
        self.assertIn(ipaddress.ip_address("10.0.0.5"), net)
        self.assertEqual(str(ipaddress.ip_address("2001:db8:0:0::1")), "2001:db8::1")

    def test_urllib_parse(self):
        from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

        self.assertEqual(urlsplit("http://u@h:80/p;x?q=1#f").hostname, "h")
        self.assertEqual(urljoin("http://a/b/c", "../d"), "http://a/d")
        self.assertEqual(urlencode({"a": "x y", "b": "é"}), "a=x+y&b=%C3%A9")
        self.assertEqual(parse_qs("a=1&a=2"), {"a": ["1", "2"]})
        self.assertEqual(quote("/a b"), "/a%20b")


class Numbers(unittest.TestCase):
    def test_math(self):
        import math

        self.assertEqual((math.gcd(12, 18), math.comb(10, 3), math.isqrt(99)), (6, 120, 9))
        self.assertEqual(math.fsum([0.1] * 10), 1.0)

    def test_decimal(self):
        import decimal

        with decimal.localcontext() as context:
            context.prec = 20
            self.assertEqual(str(decimal.Decimal(1) / 3), "0.33333333333333333333")
        self.assertEqual(str(decimal.Decimal("2.675").quantize(decimal.Decimal("0.01"))), "2.68")

    def test_fractions(self):
        from fractions import Fraction

        self.assertEqual(Fraction(1, 3) + Fraction("0.5"), Fraction(5, 6))

    def test_statistics(self):
        import statistics

        self.assertEqual(statistics.median([3, 1, 2]), 2)
        self.assertAlmostEqual(statistics.stdev([1, 2, 3, 4]), 1.2909944487358056)

    def test_random(self):
        import random

        source = random.Random(42)
        self.assertEqual([source.randrange(100) for _ in range(5)], [81, 14, 3, 94, 35])
        self.assertAlmostEqual(random.Random(1).random(), 0.13436424411240122)
        items = list(range(10))
        random.Random(3).shuffle(items)
        self.assertEqual(sorted(items), list(range(10)))

    def test_datetime(self):
        from datetime import datetime, timedelta, timezone

        moment = datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc)
        self.assertEqual((moment + timedelta(days=366)).isoformat(), "2025-03-01T12:30:00+00:00")
        self.assertEqual(datetime.fromisoformat("2024-02-29T12:30Z"), moment)
        self.assertEqual(moment.strftime("%Y-%j %a"), "2024-060 Thu")

    def test_time(self):
        import time

        self.assertEqual(time.strftime("%Y", time.gmtime(0)), "1970")
        self.assertLessEqual(time.monotonic(), time.monotonic())


class Structure(unittest.TestCase):
    def test_collections(self):
        from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple

        self.assertEqual(Counter("abracadabra").most_common(2), [("a", 5), ("b", 2)])
        groups = defaultdict(list)
        groups["x"].append(1)
        self.assertEqual(groups, {"x": [1]})
        self.assertEqual(namedtuple("P", "x y")(1, y=2)._replace(x=3), (3, 2))
        self.assertEqual(list(deque(range(5), maxlen=2)), [3, 4])
        self.assertEqual(ChainMap({"a": 1}, {"a": 2, "b": 3})["b"], 3)
        self.assertEqual(list(reversed(OrderedDict(a=1, b=2))), ["b", "a"])

    def test_abc(self):
        import abc
        import collections.abc

        class Base(abc.ABC):
            @abc.abstractmethod
            def f(self): ...

        with self.assertRaises(TypeError):
            Base()
        self.assertIsInstance([], collections.abc.Sequence)

    def test_bisect_and_heapq(self):
        import bisect
        import heapq

        self.assertEqual(bisect.bisect([1, 2, 2, 3], 2), 3)
        self.assertEqual(heapq.nsmallest(3, [5, 1, 4, 2]), [1, 2, 4])
        self.assertEqual(list(heapq.merge([1, 4], [2, 3])), [1, 2, 3, 4])

    def test_dataclasses(self):
        from dataclasses import asdict, dataclass, field, replace

        @dataclass(order=True, frozen=True, slots=True)
        class Point:
            x: int
            y: int = 2
            tags: tuple = field(default=(), compare=False)

        self.assertEqual(repr(replace(Point(1), y=5)), Point.__qualname__ + "(x=1, y=5, tags=())")
        self.assertLess(Point(1), Point(2))
        self.assertEqual(asdict(Point(1)), {"x": 1, "y": 2, "tags": ()})

    def test_enum(self):
        import enum

        class Colour(enum.Enum):
            RED = 1
            BLUE = enum.auto()

        class Flags(enum.Flag):
            A = enum.auto()
            B = enum.auto()

        self.assertEqual((Colour(2).name, Colour["RED"].value, repr(Flags.A | Flags.B)), ("BLUE", 1, "<Flags.A|B: 3>"))

    def test_functools(self):
        import functools

        @functools.lru_cache(maxsize=None)
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)

        @functools.singledispatch
        def kind(value):
            return "object"

        kind.register(int, lambda value: "int")
        self.assertEqual((fib(80), kind(1), kind("")), (23416728348467685, "int", "object"))
        self.assertEqual(functools.reduce(lambda a, b: a * b, range(1, 6)), 120)
        self.assertEqual(functools.partial(int, base=2)("101"), 5)

    def test_itertools(self):
        import itertools

        self.assertEqual([(k, len(list(g))) for k, g in itertools.groupby("aabccc")], [("a", 2), ("b", 1), ("c", 3)])
        self.assertEqual(list(itertools.batched("abcde", 2)), [("a", "b"), ("c", "d"), ("e",)])
        self.assertEqual(len(list(itertools.permutations(range(4), 2))), 12)

    def test_operator(self):
        import operator

        self.assertEqual(operator.itemgetter(1, 0)("ab"), ("b", "a"))
        self.assertEqual(operator.methodcaller("upper")("x"), "X")

    def test_contextlib(self):
        import contextlib

        seen = []

        @contextlib.contextmanager
        def manager():
            seen.append("in")
            try:
                yield 1
            finally:
                seen.append("out")

        with contextlib.suppress(KeyError), contextlib.ExitStack() as stack:
            stack.enter_context(manager())
            stack.callback(seen.append, "callback")
            raise KeyError
        self.assertEqual(seen, ["in", "callback", "out"])

    def test_contextvars(self):
        import contextvars

        var = contextvars.ContextVar("var", default=0)
        context = contextvars.copy_context()
        context.run(var.set, 5)
        self.assertEqual((var.get(), context[var]), (0, 5))

    def test_graphlib(self):
        import graphlib

        self.assertEqual(list(graphlib.TopologicalSorter({"c": {"b"}, "b": {"a"}}).static_order()), ["a", "b", "c"])

    def test_weakref(self):
        import weakref

        class Thing:
            pass

        thing, seen = Thing(), []
        reference = weakref.ref(thing, seen.append)
        weakref.finalize(thing, seen.append, "finalized")
        self.assertIs(reference(), thing)
        del thing
        self.assertIsNone(reference())
        self.assertEqual(len(seen), 2)

    def test_types_and_typing(self):
        import types
        import typing

        self.assertEqual(types.SimpleNamespace(a=1).a, 1)
        self.assertEqual(typing.get_type_hints(lambda: 0), {})
        self.assertEqual(str(typing.Optional[int]), "int | None")
        self.assertEqual(typing.get_args(dict[str, list[int]]), (str, list[int]))

        class Shape(typing.Protocol):
            def area(self) -> float: ...

        class Record(typing.TypedDict):
            name: str

        self.assertEqual(Record.__annotations__, {"name": str})

    def test_inspect(self):
        import inspect

        def f(a, /, b: int = 1, *args, c, **kw) -> str:
            """Doc."""

        self.assertEqual(str(inspect.signature(f)), "(a, /, b: int = 1, *args, c, **kw) -> str")
        self.assertIn("def test_inspect", inspect.getsource(type(self).test_inspect))
        self.assertEqual(str(inspect.signature(len)), "(obj, /)")

    def test_ast(self):
        import ast

        tree = ast.parse("x = [i for i in y if i]")
        self.assertEqual(ast.unparse(tree), "x = [i for i in y if i]")
        self.assertEqual(ast.literal_eval("{'a': [1, (2,)]}"), {"a": [1, (2,)]})
        self.assertEqual(ast.dump(ast.parse("1", mode="eval")), "Expression(body=Constant(value=1))")


class System(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_os_and_glob(self):
        import glob

        for name in ("a.txt", "b.txt", "sub/c.txt"):
            os.makedirs(os.path.dirname(os.path.join(self.folder, name)), exist_ok=True)
            with open(os.path.join(self.folder, name), "w") as file:
                file.write(name)
        found = sorted(glob.glob("**/*.txt", root_dir=self.folder, recursive=True))
        self.assertEqual(found, ["a.txt", "b.txt", "sub/c.txt"])
        self.assertEqual(sorted(entry.name for entry in os.scandir(self.folder)), ["a.txt", "b.txt", "sub"])
        self.assertEqual([files for _, _, files in os.walk(os.path.join(self.folder, "sub"))], [["c.txt"]])
        self.assertEqual(os.stat(os.path.join(self.folder, "a.txt")).st_size, 5)
        self.assertEqual(os.environ["PATH"], os.getenv("PATH"))

    def test_pathlib(self):
        from pathlib import Path, PurePosixPath

        path = Path(self.folder) / "x" / "y.tar.gz"
        path.parent.mkdir()
        path.write_text("text é", encoding="utf-8")
        self.assertEqual((path.read_bytes(), path.suffixes, path.stem), (b"text \xc3\xa9", [".tar", ".gz"], "y.tar"))
        self.assertEqual([p.name for p in Path(self.folder).rglob("*.gz")], ["y.tar.gz"])
        self.assertEqual(PurePosixPath("/a/b/../c").relative_to("/a").parts, ("b", "..", "c"))

    def test_io(self):
        import io

        path = os.path.join(self.folder, "file")
        with open(path, "w", encoding="utf-16", newline="\r\n") as file:
            file.write("one\ntwo é\n")
        with open(path, encoding="utf-16") as file:
            self.assertEqual(file.readlines(), ["one\n", "two é\n"])
        with open(path, "r+b") as file:
            file.seek(-2, io.SEEK_END)
            self.assertEqual(file.read(), b"\n\0")
        buffer = io.BytesIO(b"abc")
        self.assertEqual(io.TextIOWrapper(buffer).read(), "abc")

    def test_shutil(self):
        import shutil

        source = os.path.join(self.folder, "source")
        os.mkdir(source)
        open(os.path.join(source, "file"), "w").close()
        shutil.copytree(source, os.path.join(self.folder, "target"))
        shutil.rmtree(source)
        self.assertEqual(os.listdir(self.folder), ["target"])
        self.assertTrue(shutil.which("sh"))

    def test_subprocess(self):
        import subprocess

        result = subprocess.run(["sh", "-c", "cat; echo err >&2; exit 3"], input="in", capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (3, "in", "err\n"))
        with self.assertRaises(subprocess.TimeoutExpired):
            subprocess.run(["sleep", "10"], timeout=0.1)

    def test_signal(self):
        import signal

        seen = []
        old = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
        self.addCleanup(signal.signal, signal.SIGUSR1, old)
        os.kill(os.getpid(), signal.SIGUSR1)
        for _ in range(1000):
            if seen:
                break
        self.assertEqual(seen, [signal.SIGUSR1])

    def test_platform(self):
        import platform

        self.assertEqual(platform.system(), "Linux")
        self.assertTrue(platform.python_version().startswith("3.14"))

    def test_sys(self):
        self.assertEqual(sys.version_info[:2], (3, 14))
        self.assertEqual(sys.byteorder, "little")
        self.assertIn("sys", sys.modules)

    def test_linecache_and_traceback(self):
        import linecache
        import traceback

        try:
            1 / 0
        except ZeroDivisionError as error:
            text = "".join(traceback.format_exception(error))
        self.assertIn("~~^~~", text)
        self.assertEqual(linecache.getline(__file__, 1)[:3], '"""')

    def test_warnings(self):
        import warnings

        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            warnings.warn("old", DeprecationWarning)
        self.assertEqual([(w.category, str(w.message)) for w in seen], [(DeprecationWarning, "old")])

    def test_logging(self):
        import io
        import logging

        stream = io.StringIO()
        logger = logging.getLogger("orochi.test")
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(levelname)s:%(name)s:%(message)s"))
        logger.addHandler(handler)
        self.addCleanup(logger.removeHandler, handler)
        logger.warning("n=%d", 3)
        logger.debug("hidden")
        self.assertEqual(stream.getvalue(), "WARNING:orochi.test:n=3\n")

    def test_argparse(self):
        import argparse

        parser = argparse.ArgumentParser(prog="p")
        parser.add_argument("--count", type=int, default=1)
        commands = parser.add_subparsers(dest="command")
        commands.add_parser("go").add_argument("names", nargs="*")
        self.assertEqual(vars(parser.parse_args(["--count", "2", "go", "a", "b"])), {"count": 2, "command": "go", "names": ["a", "b"]})
        self.assertTrue(parser.format_help().startswith("usage: p [-h] [--count COUNT] {go} ..."))

    def test_timeit(self):
        import timeit

        self.assertGreater(timeit.timeit("1 + 1", number=1000), 0)

    def test_unittest_mock(self):
        from unittest import mock

        with mock.patch("os.getcwd", return_value="/nowhere") as patched:
            self.assertEqual(os.getcwd(), "/nowhere")
        patched.assert_called_once_with()
        thing = mock.MagicMock()
        thing.method.side_effect = [1, KeyError]
        self.assertEqual(thing.method(1, a=2), 1)
        self.assertEqual(thing.method.call_args, mock.call(1, a=2))


class Concurrency(unittest.TestCase):
    def test_threading(self):
        import threading

        local, seen, event = threading.local(), [], threading.Event()

        def work(n):
            local.value = n
            event.wait()
            seen.append(local.value)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
        for thread in threads:
            thread.start()
        event.set()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(seen), [0, 1, 2])

    def test_queue(self):
        import queue

        shared = queue.PriorityQueue()
        for n in (3, 1, 2):
            shared.put(n)
        self.assertEqual([shared.get() for _ in range(3)], [1, 2, 3])
        with self.assertRaises(queue.Empty):
            shared.get(timeout=0.01)

    def test_concurrent_futures(self):
        from concurrent.futures import ThreadPoolExecutor, as_completed

        with ThreadPoolExecutor(2) as pool:
            self.assertEqual(list(pool.map(pow, range(5), [2] * 5)), [0, 1, 4, 9, 16])
            futures = [pool.submit(int, text) for text in ("1", "x")]
            done = list(as_completed(futures))
        self.assertEqual(len(done), 2)
        self.assertIsInstance(futures[1].exception(), ValueError)

    def test_sched(self):
        import sched

        seen = []
        scheduler = sched.scheduler()
        scheduler.enter(0.02, 1, seen.append, ("second",))
        scheduler.enter(0.01, 1, seen.append, ("first",))
        scheduler.run()
        self.assertEqual(seen, ["first", "second"])

    def test_selectors_and_socket(self):
        import selectors
        import socket

        a, b = socket.socketpair()
        with a, b, selectors.DefaultSelector() as selector:
            selector.register(b, selectors.EVENT_READ)
            self.assertEqual(selector.select(0), [])
            a.sendall(b"hello")
            self.assertEqual(len(selector.select(1)), 1)
            self.assertEqual(b.recv(10), b"hello")

    def test_asyncio(self):
        import asyncio

        async def produce(shared):
            for n in range(3):
                await shared.put(n)
                await asyncio.sleep(0)
            await shared.put(None)

        async def consume(shared):
            total = 0
            while (n := await shared.get()) is not None:
                total += n
            return total

        async def main():
            shared = asyncio.Queue(1)
            async with asyncio.TaskGroup() as group:
                group.create_task(produce(shared))
                task = group.create_task(consume(shared))
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.sleep(10)
            return task.result(), await asyncio.gather(asyncio.sleep(0, "a"), asyncio.to_thread(len, "abc"))

        self.assertEqual(asyncio.run(main()), (3, ["a", 3]))

    def test_asyncio_sockets(self):
        import asyncio

        async def serve(reader, writer):
            writer.write((await reader.readline()).upper())
            await writer.drain()
            writer.close()

        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            async with server:
                reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
                writer.write(b"hello\n")
                answer = await reader.read()
                writer.close()
                return answer

        self.assertEqual(asyncio.run(main()), b"HELLO\n")


if __name__ == "__main__":
    unittest.main()
