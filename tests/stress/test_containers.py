"""Mutable containers shared by threads that do everything to them: no crash, no torn item, and the documented one-step rules."""

import collections
import itertools
import threading
import unittest

from support import THREADS, hammer

ITEMS = [("item", n) for n in range(64)]


class SharedContainers(unittest.TestCase):
    def check_items(self, items):
        for item in items:
            self.assertIn(item, ITEMS)

    def test_list(self):
        shared = list(ITEMS)
        hammer(
            self,
            lambda n: shared.append(ITEMS[n]),
            lambda n: shared.pop(),
            lambda n: shared.pop(0),
            lambda n: shared.insert(n, ITEMS[n]),
            lambda n: shared.extend(ITEMS[:n]),
            lambda n: shared.__setitem__(n, ITEMS[n]),
            lambda n: shared.__delitem__(slice(n, None)),
            lambda n: shared.__setitem__(slice(0, n), ITEMS[:5]),
            lambda n: shared.reverse(),
            lambda n: shared.remove(ITEMS[n]),
            lambda n: shared.clear() if n == 0 else None,
            lambda n: self.check_items(shared[:10]),
            lambda n: self.check_items(itertools.islice(shared, 20)),
            lambda n: self.assertIn(shared[n], ITEMS),
            lambda n: ITEMS[n] in shared,
            lambda n: sorted(shared[:30]),
            lambda n: shared == ITEMS,
            lambda n: len(shared),
            lambda n: shared.copy(),
            allowed=(IndexError, ValueError),
        )
        self.check_items(shared)

    def test_list_sort(self):
        shared = list(range(50))
        hammer(
            self,
            lambda n: shared.sort(),
            lambda n: shared.sort(key=lambda value: -value),
            lambda n: shared.append(n),
            lambda n: shared.pop(),
            lambda n: list(shared),
            allowed=(IndexError, ValueError),  # "list modified during sort", "pop from empty list"
        )

    def test_dict(self):
        shared = dict.fromkeys(range(32), ITEMS[0])
        hammer(
            self,
            lambda n: shared.__setitem__(n, ITEMS[n]),
            lambda n: shared.__setitem__("key%d" % n, ITEMS[n]),
            lambda n: shared.pop(n, None),
            lambda n: shared.pop("key%d" % n, None),
            lambda n: shared.popitem(),
            lambda n: shared.setdefault(n, ITEMS[n]),
            lambda n: shared.update({n: ITEMS[n], "x": ITEMS[1]}),
            lambda n: shared.clear() if n == 0 else None,
            lambda n: self.check_items([shared.get(n, ITEMS[0])]),
            lambda n: n in shared,
            lambda n: self.check_items(list(shared.values())),
            lambda n: self.check_items(shared.copy().values()),
            lambda n: [key for key in shared],
            lambda n: [value for key, value in shared.items()],
            lambda n: shared | {1: ITEMS[2]},
            lambda n: shared == {1: 2},
            lambda n: len(shared),
            allowed=(KeyError, RuntimeError),  # "dictionary changed size during iteration"
        )
        self.check_items(shared.values())

    def test_set(self):
        shared = set(range(32))
        hammer(
            self,
            lambda n: shared.add(n),
            lambda n: shared.discard(n),
            lambda n: shared.remove(n),
            lambda n: shared.pop(),
            lambda n: shared.update(range(n)),
            lambda n: shared.difference_update(range(n)),
            lambda n: shared.intersection_update(range(n, 60)),
            lambda n: shared.symmetric_difference_update({n, n + 1}),
            lambda n: shared.clear() if n == 0 else None,
            lambda n: n in shared,
            lambda n: shared | {1},
            lambda n: shared & {1, 2, 3},
            lambda n: [value for value in shared],
            lambda n: frozenset(shared),
            lambda n: shared <= {1, 2},
            allowed=(KeyError, RuntimeError),
        )
        for value in shared:
            self.assertIsInstance(value, int)

    def test_deque(self):
        shared = collections.deque(ITEMS, maxlen=200)
        hammer(
            self,
            lambda n: shared.append(ITEMS[n]),
            lambda n: shared.appendleft(ITEMS[n]),
            lambda n: shared.pop(),
            lambda n: shared.popleft(),
            lambda n: shared.rotate(n - 32),
            lambda n: shared.extend(ITEMS[:n]),
            lambda n: shared.remove(ITEMS[n]),
            lambda n: shared.reverse(),
            lambda n: self.assertIn(shared[n], ITEMS),
            lambda n: shared.__setitem__(n, ITEMS[n]),
            lambda n: self.check_items(shared),
            lambda n: shared.copy(),
            lambda n: shared.clear() if n == 0 else None,
            allowed=(IndexError, ValueError, RuntimeError),
        )
        self.check_items(shared)

    def test_bytearray(self):
        shared = bytearray(b"0123456789")
        hammer(
            self,
            lambda n: shared.append(48 + n % 10),
            lambda n: shared.extend(b"123"),
            lambda n: shared.pop(),
            lambda n: shared.__delitem__(slice(0, n)),
            lambda n: shared.insert(n, 50),
            lambda n: shared.find(b"5"),
            lambda n: bytes(shared),
            lambda n: shared.replace(b"1", b"22"),
            lambda n: shared.clear() if n == 0 else None,
            lambda n: shared[n],
            lambda n: memoryview(shared)[:n].tobytes(),
            allowed=(IndexError, ValueError, BufferError),
        )
        self.assertEqual(shared.strip(b"0123456789"), b"")

    def test_ordered_dict(self):
        shared = collections.OrderedDict.fromkeys(range(32))
        hammer(
            self,
            lambda n: shared.__setitem__(n, n),
            lambda n: shared.move_to_end(n),
            lambda n: shared.popitem(last=bool(n & 1)),
            lambda n: shared.pop(n, None),
            lambda n: list(shared),
            lambda n: list(shared.items()),
            lambda n: list(reversed(shared)),
            allowed=(KeyError, RuntimeError),
        )

    def test_iterators(self):
        holder = [iter(range(1000)), iter(list(range(1000))), enumerate(ITEMS), zip(ITEMS, ITEMS), map(str, ITEMS),
                  itertools.count(), itertools.chain(ITEMS, ITEMS), iter({n: n for n in range(500)}), reversed(ITEMS)]
        makers = [lambda: iter(range(1000)), lambda: iter(list(range(1000))), lambda: enumerate(ITEMS),
                  lambda: zip(ITEMS, ITEMS), lambda: map(str, ITEMS), itertools.count,
                  lambda: itertools.chain(ITEMS, ITEMS), lambda: iter({n: n for n in range(500)}), lambda: reversed(ITEMS)]

        def step(n):
            n %= len(holder)
            try:
                next(holder[n])
            except StopIteration:
                holder[n] = makers[n]()

        hammer(self, step, allowed=(RuntimeError,))

    def test_generator(self):
        def numbers():
            n = 0
            while True:
                yield n
                n += 1

        shared = numbers()
        hammer(self, lambda n: next(shared), allowed=(ValueError,))  # "generator already executing"
        self.assertIsInstance(next(shared), int)


class OneStep(unittest.TestCase):
    """Operations that are one step: nothing gets lost."""

    def run_threads(self, work):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_appends_are_not_lost(self):
        shared = []
        self.run_threads(lambda number: [shared.append((number, n)) for n in range(10_000)])
        self.assertEqual(len(shared), THREADS * 10_000)
        for number in range(THREADS):  # and each thread's own are in its order
            self.assertEqual([n for who, n in shared if who == number], list(range(10_000)))

    def test_stores_are_not_lost(self):
        shared = {}

        def work(number):
            for n in range(10_000):
                shared[number, n] = n

        self.run_threads(work)
        self.assertEqual(len(shared), THREADS * 10_000)

    def test_pop_gives_each_item_once(self):
        shared = list(range(40_000))
        taken = [[] for _ in range(THREADS)]

        def work(number):
            while True:
                try:
                    taken[number].append(shared.pop())
                except IndexError:
                    return

        self.run_threads(work)
        self.assertEqual(sorted(itertools.chain(*taken)), list(range(40_000)))

    def test_setdefault_gives_all_the_same(self):
        for _ in range(200):
            shared, got = {}, []
            self.run_threads(lambda number: got.append(shared.setdefault("key", object())))
            self.assertEqual(len(set(map(id, got))), 1)

    def test_counter_with_lock(self):
        lock, total = threading.Lock(), 0

        def work(number):
            nonlocal total
            for _ in range(10_000):
                with lock:
                    total += 1

        self.run_threads(work)
        self.assertEqual(total, THREADS * 10_000)


if __name__ == "__main__":
    unittest.main()
