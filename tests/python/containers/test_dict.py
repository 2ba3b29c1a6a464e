import unittest


class Collides:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 7

    def __eq__(self, other):
        return isinstance(other, Collides) and self.n == other.n


class TestDict(unittest.TestCase):
    def test_keeps_insertion_order(self):
        d = {}
        for i in (5, 3, 9, 1):
            d[i] = str(i)
        del d[3]
        d[3] = "again"
        self.assertEqual(list(d), [5, 9, 1, 3])
        self.assertEqual(list(reversed(d)), [3, 1, 9, 5])

    def test_grows_and_shrinks(self):
        d = {i: -i for i in range(5000)}
        for i in range(0, 5000, 2):
            del d[i]
        self.assertEqual(len(d), 2500)
        self.assertEqual(d[4999], -4999)
        self.assertNotIn(0, d)
        self.assertEqual(sum(d), sum(range(1, 5000, 2)))

    def test_colliding_keys(self):
        d = {Collides(i): i for i in range(50)}
        self.assertEqual(len(d), 50)
        for i in range(50):
            self.assertEqual(d[Collides(i)], i)
        del d[Collides(25)]
        self.assertNotIn(Collides(25), d)
        self.assertEqual(d[Collides(49)], 49)

    def test_equal_numbers_are_one_key(self):
        d = {1: "int"}
        d[1.0] = "float"
        d[True] = "bool"
        self.assertEqual(d, {1: "bool"})
        self.assertIs(type(next(iter(d))), int)

    def test_equality_that_changes_the_dict(self):
        d = {}

        class Evil:
            def __hash__(self):
                return 7

            def __eq__(self, other):
                d.clear()
                return False

        d[Evil()] = 1
        d[Collides(1)] = 2
        self.assertEqual(list(d.values()), [2])

    def test_popitem_is_last_in_first_out(self):
        d = dict.fromkeys(range(100))
        self.assertEqual([d.popitem()[0] for _ in range(100)], list(range(99, -1, -1)))
        with self.assertRaisesRegex(KeyError, "dictionary is empty"):
            d.popitem()

    def test_first_in_first_out_use(self):
        d = {}
        for i in range(20000):
            d[i] = i
            if len(d) > 10:
                del d[next(iter(d))]
        self.assertEqual(list(d), list(range(19990, 20000)))

    def test_size_change_during_iteration(self):
        d = {1: 1, 2: 2}
        with self.assertRaisesRegex(RuntimeError, "changed size during iteration"):
            for k in d:
                d[k + 10] = 0

    def test_views(self):
        d = {"a": 1, "b": 2}
        self.assertEqual(d.keys() & {"a", "z"}, {"a"})
        self.assertEqual(d.keys() | ["z"], {"a", "b", "z"})
        self.assertEqual(d.items() - {("a", 1)}, {("b", 2)})
        self.assertEqual({"a", "z"} ^ d.keys(), {"b", "z"})
        self.assertTrue(d.keys() <= {"a", "b", "c"})
        self.assertIn(("a", 1), d.items())
        self.assertNotIn(("a", 2), d.items())
        self.assertEqual(repr(d.values()), "dict_values([1, 2])")
        self.assertEqual(d.keys().mapping, d)
        with self.assertRaises(TypeError):
            d.keys().mapping["c"] = 1

    def test_update_forms(self):
        d = {}
        d.update({"a": 1}, b=2)
        d.update([("c", 3)])
        d |= {"d": 4}
        self.assertEqual(d | {"a": 9}, {"a": 9, "b": 2, "c": 3, "d": 4})
        with self.assertRaisesRegex(ValueError, "element #1 has length 3; 2 is required"):
            d.update([(1, 2), (1, 2, 3)])

    def test_missing(self):
        class D(dict):
            def __missing__(self, key):
                return key * 2

        self.assertEqual(D()[4], 8)
        self.assertIsNone(D().get(4))

    def test_unhashable(self):
        with self.assertRaisesRegex(TypeError, r"cannot use 'list' as a dict key \(unhashable type: 'list'\)"):
            {}[[]] = 1

    def test_repr_of_itself(self):
        d = {}
        d["me"] = d
        self.assertEqual(repr(d), "{'me': {...}}")

    def test_setdefault_and_pop(self):
        d = {}
        self.assertEqual(d.setdefault("k", []), [])
        self.assertIs(d.setdefault("k", 0), d["k"])
        self.assertEqual(d.pop("k"), [])
        self.assertEqual(d.pop("k", 5), 5)
        with self.assertRaises(KeyError):
            d.pop("k")


if __name__ == "__main__":
    unittest.main()
