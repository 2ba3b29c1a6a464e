"""The re module on top of the native _sre: its objects, their errors, sharing between threads."""

import copy
import re
import threading
import unittest
import weakref
import _sre


class PatternObject(unittest.TestCase):
    def test_repr_names_flags(self):
        self.assertEqual(repr(re.compile("a", re.I | re.M | re.A)), "re.compile('a', re.IGNORECASE|re.MULTILINE|re.ASCII)")
        self.assertEqual(repr(re.compile(b"a")), "re.compile(b'a')")

    def test_repr_of_long_pattern_is_cut(self):
        self.assertEqual(repr(re.compile("a" * 300)), "re.compile('" + "a" * 199 + ")")

    def test_attributes(self):
        p = re.compile("(?P<x>a)(b)?")
        self.assertEqual((p.pattern, p.groups, p.flags, dict(p.groupindex)), ("(?P<x>a)(b)?", 2, 32, {"x": 1}))
        with self.assertRaises(TypeError):
            p.groupindex["y"] = 1

    def test_equality_and_hash(self):
        a, b = re.compile("a+"), _sre.compile("a+", 32, re._compiler._code(re._parser.parse("a+"), 0), 0, {}, (None,))
        self.assertEqual(a, b)
        self.assertEqual(hash(a), hash(b))
        self.assertNotEqual(a, re.compile("a+", re.I))
        self.assertNotEqual(re.compile("a"), re.compile(b"a"))

    def test_cannot_be_made_or_subclassed(self):
        with self.assertRaisesRegex(TypeError, "cannot create 're.Pattern' instances"):
            re.Pattern()
        with self.assertRaises(TypeError):
            type("P", (re.Pattern,), {})

    def test_copies_are_itself(self):
        p = re.compile("a")
        self.assertIs(copy.copy(p), p)
        self.assertIs(copy.deepcopy(p), p)

    def test_weak_reference(self):
        p = re.compile("unique weak pattern")
        self.assertIs(weakref.ref(p)(), p)

    def test_generic(self):
        self.assertEqual(repr(re.Pattern[str]), "re.Pattern[str]")

    def test_wrong_kinds_of_text(self):
        with self.assertRaisesRegex(TypeError, "cannot use a string pattern on a bytes-like object"):
            re.match("a", b"a")
        with self.assertRaisesRegex(TypeError, "cannot use a bytes pattern on a string-like object"):
            re.match(b"a", "a")
        with self.assertRaisesRegex(TypeError, "expected string or bytes-like object, got 'int'"):
            re.match("a", 1)

    def test_pos_and_endpos(self):
        p = re.compile("^a")
        self.assertIsNone(p.match("ba", 1))
        self.assertEqual(re.compile("a$").search("aab", 0, 2).span(), (1, 2))
        self.assertEqual(re.compile("a").match("aa", -5).span(), (0, 1))

    def test_invalid_code(self):
        for code in ([], [0], [16], [99, 1], [17, 0, 1], [23, 9, 0, 1, 1]):
            with self.assertRaisesRegex(RuntimeError, "invalid SRE code"):
                _sre.compile("x", 0, code, 0, {}, ())
        with self.assertRaises(OverflowError):
            _sre.compile("x", 0, [1 << 32, 1], 0, {}, ())
        with self.assertRaises(OverflowError):
            _sre.compile("x", 0, [-1, 1], 0, {}, ())
        with self.assertRaises(TypeError):
            _sre.compile("x", 0, ["a"], 0, {}, ())


class MatchObject(unittest.TestCase):
    def setUp(self):
        self.m = re.match("(?P<x>a)(b)?(c)", "acd")

    def test_groups(self):
        m = self.m
        self.assertEqual(m.group(), "ac")
        self.assertEqual(m.group(1, "x", 2), ("a", "a", None))
        self.assertEqual(m[3], "c")
        self.assertEqual(m.groups(), ("a", None, "c"))
        self.assertEqual(m.groups("-"), ("a", "-", "c"))
        self.assertEqual(m.groupdict(), {"x": "a"})

    def test_positions(self):
        m = self.m
        self.assertEqual((m.start(), m.end(), m.span("x"), m.span(2)), (0, 2, (0, 1), (-1, -1)))
        self.assertEqual(m.regs, ((0, 2), (0, 1), (-1, -1), (1, 2)))
        self.assertEqual((m.pos, m.endpos, m.lastindex, m.lastgroup), (0, 3, 3, None))

    def test_no_such_group(self):
        for index in (4, -1, "y", 1.0, 1 << 80):
            with self.assertRaisesRegex(IndexError, "no such group"):
                self.m.group(index)

    def test_expand(self):
        self.assertEqual(self.m.expand(r"\3-\g<x>-\2."), "c-a-.")
        self.assertEqual(self.m.expand("plain"), "plain")

    def test_repr(self):
        self.assertEqual(repr(self.m), "<re.Match object; span=(0, 2), match='ac'>")

    def test_always_true_and_copies_are_itself(self):
        m = re.match("", "")
        self.assertTrue(m)
        self.assertIs(copy.deepcopy(m), m)

    def test_buffers_give_bytes(self):
        self.assertEqual(re.match(b"a(b)", bytearray(b"ab")).groups(), (b"b",))
        self.assertEqual(re.findall(b"a|(b)", memoryview(b"ab")), [b"", b"b"])


class Iteration(unittest.TestCase):
    def test_findall(self):
        self.assertEqual(re.findall("a", "aba"), ["a", "a"])
        self.assertEqual(re.findall("(a)|b", "ab"), ["a", ""])
        self.assertEqual(re.findall("(a)|(b)", "ab"), [("a", ""), ("", "b")])

    def test_empty_matches(self):
        self.assertEqual([m.span() for m in re.finditer("a*", "baac")], [(0, 0), (1, 3), (3, 3), (4, 4)])
        self.assertEqual([m.span() for m in re.finditer(r"\b|\w+", "ab c")], [(0, 0), (0, 2), (2, 2), (3, 3), (3, 4), (4, 4)])

    def test_split(self):
        self.assertEqual(re.split(",", "a,b,c", maxsplit=1), ["a", "b,c"])
        self.assertEqual(re.split("(,)|;", "a,b;c"), ["a", ",", "b", None, "c"])
        self.assertEqual(re.split("x*", "axbc"), ["", "a", "", "b", "c", ""])
        self.assertEqual(re.split("", "ab"), ["", "a", "b", ""])

    def test_scanner(self):
        s = re.compile("a|b").scanner("abc")
        self.assertEqual(s.match().span(), (0, 1))
        self.assertEqual(s.search().span(), (1, 2))
        self.assertIsNone(s.search())
        self.assertIsNone(s.match())
        self.assertEqual(s.pattern, re.compile("a|b"))

    def test_iterator_keeps_buffer(self):
        data = bytearray(b"ab")
        iterator = re.finditer(b"a", data)
        with self.assertRaises(BufferError):
            data.extend(b"x" * 400)
        self.assertEqual([m.span() for m in iterator], [(0, 1)])


class Substitution(unittest.TestCase):
    def test_literal(self):
        self.assertEqual(re.sub("a", "x", "banana"), "bxnxnx")
        self.assertEqual(re.sub("a", "x", "banana", count=2), "bxnxna")
        self.assertEqual(re.subn("a", "", "banana"), ("bnn", 3))
        self.assertEqual(re.sub(b"a", b"\xff", bytearray(b"ba")), b"b\xff")

    def test_template(self):
        self.assertEqual(re.sub(r"(\w)(\d)?", r"<\2\1>", "a1b"), "<1a><b>")
        self.assertEqual(re.sub(r"a", r"\n\\", "a"), "\n\\")

    def test_function(self):
        self.assertEqual(re.sub("[a-c]", lambda m: m[0].upper(), "abcd"), "ABCd")
        self.assertEqual(re.sub("a", lambda m: None, "bab"), "bb")

    def test_unchanged_text_is_the_same_object(self):
        s = "some text that does not match"
        self.assertIs(re.sub("z", "y", s), s)

    def test_wide_replacement(self):
        self.assertEqual(re.sub("a", "\u4e2d\U0001f600", "bab"), "b\u4e2d\U0001f600b")

    def test_wrong_results(self):
        with self.assertRaisesRegex(TypeError, "sequence item 0: expected str instance, int found"):
            re.sub("a", lambda m: 1, "a")
        with self.assertRaisesRegex(TypeError, "expected str instance, bytes found"):
            re.sub("a", b"x", "a")
        with self.assertRaisesRegex(TypeError, "expected a bytes-like object, str found"):
            re.sub(b"a", "x", b"a")

    def test_invalid_templates(self):
        p = re.compile("a")
        for chunks in ([], ["a", 1], ["a", -1, "b"]):
            with self.assertRaisesRegex(TypeError, "invalid template"):
                _sre.template(p, chunks)


class Threads(unittest.TestCase):
    def test_shared_pattern(self):
        p = re.compile(r"(?P<key>\w+)=(\d+)")
        text = " ".join(f"k{i}={i}" for i in range(2000))
        want = [(f"k{i}", str(i)) for i in range(2000)]
        results = []

        def work():
            for _ in range(5):
                results.append(p.findall(text) == want)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(results, [True] * 20)

    def test_shared_iterator_gives_each_match_at_most_once(self):
        iterator = re.finditer(r"\d+", " ".join(map(str, range(5000))))
        seen = []

        def work():
            while True:
                try:
                    seen.append(next(iterator)[0])
                except StopIteration:
                    return
                except ValueError:
                    continue

        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(sorted(map(int, seen)), list(range(5000)))


if __name__ == "__main__":
    unittest.main()
