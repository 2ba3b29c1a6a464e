import threading
import unittest


def run(workers):
    errors = []

    def guarded(f):
        try:
            f()
        except BaseException as e:  # reported by the main thread
            errors.append(e)

    threads = [threading.Thread(target=guarded, args=(w,)) for w in workers]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


class TestSharedContainers(unittest.TestCase):
    def test_appends_are_not_lost(self):
        a = []
        run([lambda: [a.append(i) for i in range(2000)] for _ in range(4)])
        self.assertEqual(len(a), 8000)

    def test_each_item_is_popped_once(self):
        a = list(range(4000))
        taken = [[] for _ in range(4)]

        def worker(mine):
            while True:
                try:
                    mine.append(a.pop())
                except IndexError:
                    return

        run([lambda m=m: worker(m) for m in taken])
        self.assertEqual(sorted(sum(taken, [])), list(range(4000)))

    def test_dict_writers_and_readers(self):
        d = {}

        def write(base):
            for i in range(1500):
                d[f"{base}-{i}"] = [i]
                if i % 3 == 0:
                    del d[f"{base}-{i}"]

        def read():
            for _ in range(300):
                for k, v in list(d.items()):
                    assert int(k.split("-")[1]) == v[0]
                d.get("0-1")

        run([lambda: write(0), lambda: write(1), read, read])
        self.assertEqual(len(d), 2000)

    def test_setdefault_gives_one_winner(self):
        d = {}
        seen = [[] for _ in range(4)]

        def worker(mine):
            for i in range(1000):
                mine.append(d.setdefault((i,), object()))

        run([lambda m=m: worker(m) for m in seen])
        self.assertTrue(all(a is b is c is e for a, b, c, e in zip(*seen)))

    def test_shared_iterators_do_not_crash(self):
        for make in (lambda: iter(list(range(5000))), lambda: iter(dict.fromkeys(range(5000))),
                     lambda: iter(set(range(5000))), lambda: iter(range(5000)), lambda: enumerate(range(5000)),
                     lambda: zip(range(5000), range(5000)), lambda: reversed(list(range(5000)))):
            it = make()

            def worker():
                try:
                    for x in it:
                        pass
                except RuntimeError:
                    pass

            run([worker] * 3)

    def test_sort_while_others_read(self):
        a = list(range(1000, 0, -1))
        stop = []

        def reader():
            while not stop:
                assert len(a) in (1000,)
                assert 1 <= a[5] <= 1000

        def sorter():
            for _ in range(50):
                a.sort()
                a.reverse()
            stop.append(1)

        run([reader, sorter])

    def test_sets(self):
        s = set()
        run([lambda b=b: [s.add(b * 1000 + i) for i in range(1000)] for b in range(4)])
        self.assertEqual(len(s), 4000)
        run([lambda b=b: [s.discard(b * 1000 + i) for i in range(1000)] for b in range(4)])
        self.assertEqual(s, set())


if __name__ == "__main__":
    unittest.main()
