import unittest


class TestSet(unittest.TestCase):
    def test_operations(self):
        a, b = {1, 2, 3}, {3, 4}
        self.assertEqual(a | b, {1, 2, 3, 4})
        self.assertEqual(a & b, {3})
        self.assertEqual(a - b, {1, 2})
        self.assertEqual(a ^ b, {1, 2, 4})
        self.assertTrue({1} < a and a >= {1, 2})
        self.assertIs(type(frozenset(a) | b), frozenset)

    def test_many(self):
        s = set(range(10000))
        s -= set(range(0, 10000, 3))
        self.assertEqual(len(s), 6666)
        self.assertIn(1, s)
        self.assertNotIn(3, s)
        s &= {1, 2, 3}
        self.assertEqual(s, {1, 2})

    def test_set_as_key(self):
        s = {frozenset({1})}
        self.assertIn({1}, s)
        s.remove({1})
        self.assertEqual(s, set())
        with self.assertRaisesRegex(KeyError, r"\{1\}"):
            s.remove({1})

    def test_hash_does_not_depend_on_order(self):
        self.assertEqual(hash(frozenset([1, "a", None])), hash(frozenset([None, 1, "a"])))
        self.assertNotEqual(hash(frozenset([1])), hash(frozenset([2])))

    def test_size_change_during_iteration(self):
        s = {1, 2}
        with self.assertRaisesRegex(RuntimeError, "Set changed size during iteration"):
            for x in s:
                s.add(x + 10)

    def test_pop_all(self):
        s = set(range(100))
        self.assertEqual(sorted(s.pop() for _ in range(100)), list(range(100)))
        with self.assertRaisesRegex(KeyError, "pop from an empty set"):
            s.pop()

    def test_unhashable(self):
        with self.assertRaisesRegex(TypeError, r"cannot use 'list' as a set element"):
            {[]}


class TestTuple(unittest.TestCase):
    def test_hash_disperses(self):
        self.assertEqual(len({hash((i, j)) for i in range(50) for j in range(50)}), 2500)
        self.assertNotEqual(hash((1, 2)), hash((2, 1)))
        self.assertEqual(hash((1.0, True)), hash((1, 1)))

    def test_slices_and_operators(self):
        t = (1, 2, 3)
        self.assertIs(t[:], t)
        self.assertEqual(t[::-1], (3, 2, 1))
        self.assertEqual(t + (4,), (1, 2, 3, 4))
        self.assertEqual(2 * t, (1, 2, 3, 1, 2, 3))
        self.assertEqual(repr((1,)), "(1,)")


class TestRange(unittest.TestCase):
    def test_huge(self):
        r = range(0, 10**30, 10**29)
        self.assertEqual(list(r)[:2], [0, 10**29])
        self.assertEqual(r[-1], 9 * 10**29)
        self.assertIn(3 * 10**29, r)
        self.assertEqual(list(reversed(r))[0], 9 * 10**29)
        with self.assertRaises(OverflowError):
            len(range(10**30))

    def test_equality_and_hash(self):
        self.assertEqual(range(0, 3, 2), range(0, 4, 2))
        self.assertEqual(hash(range(0, 3, 2)), hash(range(0, 4, 2)))
        self.assertEqual(range(5, 0), range(0))

    def test_slices(self):
        self.assertEqual(range(10)[2:8:3], range(2, 8, 3))
        self.assertEqual(range(10)[::-1], range(9, -1, -1))
        self.assertEqual(range(10).index(7), 7)
        self.assertEqual(range(10).count(3.0), 1)

    def test_edges(self):
        big = 2**62 - 1
        self.assertEqual(list(range(big - 1, big + 2)), [big - 1, big, big + 1])
        self.assertEqual(len(range(-2**62, 2**62 - 1)), 2**63 - 1)


class TestIterators(unittest.TestCase):
    def test_zip_strict(self):
        with self.assertRaisesRegex(ValueError, r"zip\(\) argument 2 is shorter than argument 1"):
            list(zip([1, 2], [1], strict=True))
        with self.assertRaisesRegex(ValueError, r"zip\(\) argument 3 is longer than arguments 1-2"):
            list(zip([1], [1], [1, 2], strict=True))
        self.assertEqual(list(zip([1, 2], "ab")), [(1, "a"), (2, "b")])

    def test_map_filter_enumerate(self):
        self.assertEqual(list(map(lambda a, b: a + b, [1, 2], [10, 20, 30])), [11, 22])
        self.assertEqual(list(filter(None, [0, 1, "", "a"])), [1, "a"])
        self.assertEqual(list(enumerate("ab", 2**62 - 1)), [(2**62 - 1, "a"), (2**62, "b")])

    def test_getitem_only(self):
        class Squares:
            def __getitem__(self, i):
                if i == 4:
                    raise IndexError
                return i * i

            def __len__(self):
                return 4

        self.assertEqual(list(Squares()), [0, 1, 4, 9])
        self.assertEqual(list(reversed(Squares())), [9, 4, 1, 0])
        self.assertIn(4, Squares())

    def test_callable_with_sentinel(self):
        items = iter([1, 2, 0, 3])
        self.assertEqual(list(iter(lambda: next(items), 0)), [1, 2])

    def test_state(self):
        it = iter([1, 2, 3])
        next(it)
        function, args, state = it.__reduce__()
        again = function(*args)
        again.__setstate__(state)
        self.assertEqual(list(again), [2, 3])
        self.assertEqual(it.__length_hint__(), 2)


if __name__ == "__main__":
    unittest.main()
