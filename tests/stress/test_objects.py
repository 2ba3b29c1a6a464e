"""Objects, classes, globals, weak references and collections shared by threads."""

import gc
import queue
import subprocess
import sys
import threading
import unittest
import weakref

from support import SECONDS, THREADS, hammer


class Node:
    def __init__(self, value=0):
        self.value = value
        self.other = None


class SharedObjects(unittest.TestCase):
    def test_attributes(self):
        shared = Node()
        hammer(
            self,
            lambda n: setattr(shared, "value", Node(n)),
            lambda n: shared.value,
            lambda n: setattr(shared, "name%d" % n, n),
            lambda n: delattr(shared, "name%d" % n),
            lambda n: getattr(shared, "name%d" % n),
            lambda n: dict(shared.__dict__),
            lambda n: shared.__dict__.update({"name%d" % n: 1}),
            lambda n: shared.__dict__.pop("name%d" % n, None),
            lambda n: setattr(shared, "__dict__", {"value": 1, "other": None}) if n == 0 else None,
            lambda n: vars(shared).items(),
            allowed=(AttributeError, RuntimeError),
        )

    def test_class_modified_while_used(self):
        class Shared:
            limit = 1

            def method(self):
                return self.limit

        shared = Shared()
        methods = [lambda self: 1, lambda self: 2, Shared.method]

        def change(n):
            Shared.method = methods[n % 3]

        hammer(
            self,
            change,
            lambda n: shared.method(),
            lambda n: Shared().method(),
            lambda n: setattr(Shared, "limit", n),
            lambda n: setattr(Shared, "extra", n),
            lambda n: delattr(Shared, "extra"),
            lambda n: shared.extra,
            lambda n: isinstance(shared, Shared),
            lambda n: type("Sub", (Shared,), {"limit": n})().limit,
            allowed=(AttributeError,),
        )

    def test_globals(self):
        space = {"value": 1}
        exec("def get(): return value\ndef put(n):\n    global value\n    value = n", space)
        get, put = space["get"], space["put"]
        hammer(
            self,
            lambda n: get(),
            lambda n: put(n),
            lambda n: space.pop("value", None),
            lambda n: space.__setitem__("value", object()),
            allowed=(NameError,),
        )

    def test_closure_cell(self):
        value = None

        def put(n):
            nonlocal value
            value = Node(n)

        hammer(self, put, lambda n: value and value.value)

    def test_cycles_and_collections(self):
        shared = [None] * 64

        def link(n):
            a, b = Node(n), Node(n)
            a.other, b.other = b, a
            shared[n] = a

        hammer(self, link, lambda n: shared[n] and shared[n].other.value, lambda n: gc.collect() if n == 0 else None)

    def test_weak_references(self):
        shared = [Node(n) for n in range(64)]
        references = [weakref.ref(node) for node in shared]
        called = []

        def replace(n):
            shared[n] = node = Node(n)
            references[n] = weakref.ref(node, called.append)

        def read(n):
            node = references[n]()
            if node is not None:
                self.assertEqual(node.value, n)

        mapping = weakref.WeakValueDictionary()
        hammer(
            self,
            replace,
            read,
            lambda n: mapping.__setitem__(n, shared[n]),
            lambda n: mapping.get(n),
            lambda n: list(mapping.values()),
        )

    def test_finalizers(self):
        died = []

        class Mortal:
            def __init__(self, n):
                self.n = n

            def __del__(self):
                died.append(self.n)

        shared = [Mortal(n) for n in range(64)]
        hammer(self, lambda n: shared.__setitem__(n, Mortal(n)), lambda n: shared[n].n)
        shared.clear()
        gc.collect()
        self.assertGreaterEqual(len(died), 64)

    def test_queue(self):
        shared = queue.Queue(maxsize=10)
        total, each = [], 2000

        def put(number):
            for n in range(each):
                shared.put(n)
            shared.put(None)

        def get(number):
            count = 0
            while (item := shared.get()) is not None:
                count += item
            total.append(count)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(THREADS // 2) for work in (put, get)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sum(total), THREADS // 2 * sum(range(each)))

    def test_threads_come_and_go(self):
        def work():
            return [Node(n) for n in range(50)]

        hammer(self, lambda n: self.start_and_join(work))

    def start_and_join(self, work):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    def test_exit_with_busy_threads(self):
        program = (
            "import threading\n"
            "def spin():\n"
            "    shared = {}\n"
            "    while True:\n"
            "        shared[len(shared) % 100] = [object()]\n"
            "for _ in range(4): threading.Thread(target=spin, daemon=True).start()\n"
            "print('done')\n"
        )
        for _ in range(max(1, int(SECONDS))):
            result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
            self.assertEqual((result.returncode, result.stdout), (0, "done\n"), result.stderr)


if __name__ == "__main__":
    unittest.main()
