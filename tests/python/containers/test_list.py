import random
import unittest


class TestList(unittest.TestCase):
    def test_slices(self):
        a = list(range(10))
        self.assertEqual(a[2:5], [2, 3, 4])
        self.assertEqual(a[::-3], [9, 6, 3, 0])
        self.assertEqual(a[-3:], [7, 8, 9])
        self.assertEqual(a[5:2], [])
        self.assertEqual(a[10**30:], [])

    def test_slice_assignment(self):
        a = list(range(6))
        a[1:3] = "xyz"
        self.assertEqual(a, [0, "x", "y", "z", 3, 4, 5])
        a[::2] = [9, 9, 9, 9]
        self.assertEqual(a, [9, "x", 9, "z", 9, 4, 9])
        a[:] = a
        self.assertEqual(len(a), 7)
        with self.assertRaisesRegex(ValueError, "sequence of size 1 to extended slice of size 4"):
            a[::2] = [1]

    def test_slice_deletion(self):
        a = list(range(10))
        del a[::3]
        self.assertEqual(a, [1, 2, 4, 5, 7, 8])
        del a[-1:0:-2]
        self.assertEqual(a, [1, 4, 7])
        del a[:]
        self.assertEqual(a, [])

    def test_model(self):
        rng = random.Random(5)
        a, model = [], []
        for _ in range(3000):
            n = len(model)
            step = rng.randrange(6)
            if step == 0:
                i = rng.randint(-n - 2, n + 2)
                a.insert(i, i)
                model = model[:i] + [i] + model[i:] if abs(i) <= n else ([i] + model if i < 0 else model + [i])
            elif step == 1 and n:
                i = rng.randrange(-n, n)
                self.assertEqual(a.pop(i), model[i])
                i %= n
                model = model[:i] + model[i + 1:]
            elif step == 2:
                i, j = rng.randrange(n + 1), rng.randrange(n + 1)
                new = [rng.random() for _ in range(rng.randrange(6))]
                a[i:j] = new
                model = model[:i] + new + model[max(i, j):]
            elif step == 3:
                a.append(step)
                model = model + [step]
            elif step == 4:
                a.reverse()
                model = model[::-1]
            elif n > 40:
                del a[::2]
                model = [x for k, x in enumerate(model) if k % 2]
            self.assertEqual(a, model)

    def test_errors(self):
        with self.assertRaisesRegex(IndexError, "pop from empty list"):
            [].pop()
        with self.assertRaisesRegex(IndexError, "list index out of range"):
            [1][1]
        with self.assertRaisesRegex(TypeError, "list indices must be integers or slices, not str"):
            [1]["a"]
        with self.assertRaisesRegex(TypeError, r'can only concatenate list \(not "tuple"\) to list'):
            [1] + (2,)
        with self.assertRaises(MemoryError):
            [1] * (2**62)

    def test_extend_with_itself(self):
        a = [1, 2]
        a.extend(a)
        a += a
        self.assertEqual(a, [1, 2] * 4)

    def test_comparison(self):
        self.assertTrue([1, 2] < [1, 3])
        self.assertTrue([1, 2] < [1, 2, 0])
        self.assertFalse([1] == (1,))
        self.assertTrue([float("nan")] != [float("nan")])

    def test_equality_that_shortens(self):
        class Evil:
            def __eq__(self, other):
                a.clear()
                return True

        a = [Evil() for _ in range(5)]
        self.assertFalse(a == [1] * 5)

    def test_repr_of_itself(self):
        a = [1]
        a.append(a)
        self.assertEqual(repr(a), "[1, [...]]")

    def test_iterator_follows_growth(self):
        a = [1]
        seen = []
        for x in a:
            seen.append(x)
            if x < 5:
                a.append(x + 1)
        self.assertEqual(seen, [1, 2, 3, 4, 5])


class TestSort(unittest.TestCase):
    def check(self, items, **options):
        model = list(enumerate(items))
        key = options.get("key") or (lambda x: x)
        out = sorted(items, **options)
        # Insertion into place, keeping equal ones in order.
        expected = []
        for _, x in model:
            i = len(expected)
            if options.get("reverse"):
                while i and key(expected[i - 1]) < key(x):
                    i -= 1
            else:
                while i and key(x) < key(expected[i - 1]):
                    i -= 1
            expected.insert(i, x)
        self.assertEqual(out, expected)

    def test_kinds_of_keys(self):
        rng = random.Random(1)
        self.check([rng.randrange(50) for _ in range(300)])
        self.check([rng.random() for _ in range(300)])
        self.check([str(rng.randrange(99)) for _ in range(300)])
        self.check([(rng.randrange(3), rng.randrange(9)) for _ in range(300)])
        self.check([rng.choice([1, 2.5, 10**25, True]) for _ in range(200)])

    def test_key_and_reverse_are_stable(self):
        rng = random.Random(2)
        items = [(rng.randrange(8), i) for i in range(300)]
        self.check(items, key=lambda p: p[0])
        self.check(items, key=lambda p: p[0], reverse=True)
        self.check([p[0] + 0.0 for p in items], reverse=True)

    def test_patterns(self):
        n = 2000
        patterns = [list(range(n)), list(range(n, 0, -1)), [0] * n, [i % 7 for i in range(n)],
                    list(range(n // 2)) * 2, list(range(n)) + [5], [5] + list(range(n))]
        for p in patterns:
            counts = [0] * (n + 2)
            for x in p:
                counts[x] += 1
            expected = [x for x in range(n + 2) for _ in range(counts[x])]
            self.assertEqual(sorted(p), expected)
            self.assertEqual(sorted(p, key=lambda x: -x), expected[::-1])

    def test_failing_comparison_keeps_all_items(self):
        class Item:
            left = 100

            def __init__(self, n):
                self.n = n

            def __lt__(self, other):
                Item.left -= 1
                if Item.left == 0:
                    raise RuntimeError("enough")
                return self.n < other.n

        rng = random.Random(3)
        items = [Item(rng.random()) for _ in range(200)]
        copy = list(items)
        with self.assertRaisesRegex(RuntimeError, "enough"):
            copy.sort()
        self.assertEqual(set(map(id, copy)), set(map(id, items)))

    def test_modified_during_sort(self):
        a = [3, 1, 2]
        with self.assertRaisesRegex(ValueError, "list modified during sort"):
            a.sort(key=lambda x: a.append(x) or x)
        self.assertEqual(sorted(a), [1, 2, 3])

    def test_not_comparable(self):
        with self.assertRaisesRegex(TypeError, "'<' not supported between instances of 'str' and 'int'"):
            [1, "a"].sort()


if __name__ == "__main__":
    unittest.main()
