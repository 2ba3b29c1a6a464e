"""Methods and operators of str: results and the exact words of errors."""
import pickle
import sys
import unittest


class S(str):
    pass


class Messages(unittest.TestCase):
    def check(self, error, message, f, *args, **kwargs):
        with self.assertRaises(error) as caught:
            f(*args, **kwargs)
        self.assertEqual(str(caught.exception), message)

    def test_arguments(self):
        self.check(TypeError, "must be str or None, not int", 'a'.split, 1)
        self.check(ValueError, "empty separator", 'a'.split, '')
        self.check(ValueError, "empty separator", 'a'.rpartition, '')
        self.check(TypeError, "find() argument 1 must be str, not int", 'a'.find, 1)
        self.check(TypeError, "strip arg must be None or str", 'a'.strip, 1)
        self.check(TypeError, "startswith first arg must be str or a tuple of str, not int", 'a'.startswith, 1)
        self.check(TypeError, "tuple for endswith must only contain str, not int", 'a'.endswith, (1,))
        self.check(TypeError, "The fill character must be exactly one character long", 'a'.center, 9, 'ab')
        self.check(TypeError, "can only join an iterable", 'a'.join, 1)
        self.check(TypeError, "sequence item 1: expected str instance, int found", 'a'.join, ['x', 1])
        self.check(TypeError, "slice indices must be integers or None or have an __index__ method", 'a'.find, 'a', 'b')
        self.check(LookupError, "unknown encoding: nope", 'a'.encode, 'nope')
        self.check(ValueError, "embedded null character", 'a'.encode, 'nope\0')

    def test_operators(self):
        self.check(TypeError, 'can only concatenate str (not "int") to str', lambda: 'a' + 1)
        self.check(TypeError, "'in <string>' requires string as left operand, not int", lambda: 1 in 'a')
        self.check(TypeError, "string indices must be integers, not 'float'", lambda: 'a'[1.0])
        self.check(IndexError, "string index out of range", lambda: 'a'[1])
        self.check(TypeError, "can't multiply sequence by non-int of type 'str'", lambda: 'a' * 'b')
        self.check(OverflowError, "repeated string is too long", lambda: 'ab' * sys.maxsize)
        self.check(TypeError, "'<' not supported between instances of 'str' and 'int'", lambda: 'a' < 1)

    def test_translate(self):
        self.check(TypeError, "character mapping must return integer, None or str", 'a'.translate, {97: 1.5})
        self.check(ValueError, "character mapping must be in range(0x110000)", 'a'.translate, {97: -1})
        self.check(ValueError, "the first two maketrans arguments must have equal length", str.maketrans, 'ab', 'a')


class Results(unittest.TestCase):
    def test_slices(self):
        for s in ('abcdef', 'abc\xe9ef', 'ab\u3042def', 'ab\U0001f600def'):
            chars = list(s)
            for start in (None, 0, 1, -2, 9, -9):
                for stop in (None, 0, 4, -1, 9, -9):
                    for step in (None, 1, 2, -1, -3):
                        part = s[start:stop:step]
                        self.assertEqual(part, ''.join(chars[start:stop:step]))
                        self.assertEqual(hash(part), hash(''.join(chars[start:stop:step])))

    def test_narrow_results_equal_narrow_strings(self):
        wide = 'ab\u3042'
        for narrow in (wide[:2], wide.replace('\u3042', ''), wide.translate({0x3042: None}), wide.rstrip('\u3042')):
            self.assertEqual(narrow, 'ab')
            self.assertEqual(hash(narrow), hash('ab'))
            self.assertEqual({narrow: 1}['ab'], 1)

    def test_subclass_gives_exact(self):
        s = S('abc')
        for r in (s.strip(), s[:], s.replace('x', 'y'), s.upper(), str(s), s.ljust(1), s * 1, s + '', s.translate({}),
                  s.removeprefix('x'), s.expandtabs(), s.zfill(1), s.__getnewargs__()[0]):
            self.assertIs(type(r), str, r)
            self.assertEqual(r.lower(), 'abc')
        s.x = 1
        again = pickle.loads(pickle.dumps(s))
        self.assertEqual((again, type(again), again.x), ('abc', S, 1))

    def test_case(self):
        self.assertEqual('Straße ΑΣ'.upper(), 'STRASSE ΑΣ')
        self.assertEqual('ΑΣ'.lower(), 'ας')
        self.assertEqual("they're BILL's".title(), "They'Re Bill'S")
        self.assertEqual('ß'.casefold(), 'ss')
        self.assertEqual('ﬃx'.capitalize(), 'Ffix')
        self.assertEqual('aBc'.swapcase(), 'AbC')

    def test_split_and_join(self):
        self.assertEqual(' a  b c '.split(), ['a', 'b', 'c'])
        self.assertEqual(' a  b c '.rsplit(None, 1), [' a  b', 'c'])
        self.assertEqual('a,b,,c'.split(',', 2), ['a', 'b', ',c'])
        self.assertEqual('a\nb\r\nc\x85d\u2028e'.splitlines(), ['a', 'b', 'c', 'd', 'e'])
        self.assertEqual('a\nb\r\n'.splitlines(True), ['a\n', 'b\r\n'])
        self.assertEqual('-'.join(c for c in 'ab\u3042'), 'a-b-\u3042')
        item = 'x' * 3
        self.assertIs(''.join([item]), item)

    def test_find(self):
        self.assertEqual('abcabc'.find('c', 3), 5)
        self.assertEqual('abcabc'.rfind('c', 0, -1), 2)
        self.assertEqual('abc'.find('', 3), 3)
        self.assertEqual('abc'.find('', 4), -1)
        self.assertEqual('abc'.count(''), 4)
        self.assertEqual('aaa'.count('aa'), 1)
        self.assertTrue('abc'.startswith('', 3))
        self.assertFalse('abc'.startswith('', 4))

    def test_padding(self):
        self.assertEqual('-5'.zfill(4), '-005')
        self.assertEqual('ab'.center(5, '*'), '**ab*')
        self.assertEqual('a\tb'.expandtabs(4), 'a   b')
        self.assertEqual('a'.rjust(3, '\u3042'), '\u3042\u3042a')

    def test_tests(self):
        self.assertTrue('²'.isdigit() and not '²'.isdecimal() and '½'.isnumeric())
        self.assertTrue('_x1'.isidentifier() and not '1x'.isidentifier())
        self.assertTrue(''.isascii() and ''.isprintable() and not ''.isspace())

    def test_iterator(self):
        it = iter('a\xe9\u3042')
        self.assertEqual(next(it), 'a')
        self.assertEqual(it.__length_hint__(), 2)
        copy = pickle.loads(pickle.dumps(it))
        self.assertEqual(list(copy), ['\xe9', '\u3042'])
        self.assertEqual(list(it), ['\xe9', '\u3042'])
        self.assertEqual(list(it), [])

    def test_constructor(self):
        self.assertEqual(str(b'\xe3\x81\x82', 'utf-8'), '\u3042')
        self.assertEqual(str(), '')
        self.assertEqual(str(object='a'), 'a')
        with self.assertRaisesRegex(TypeError, 'decoding str is not supported'):
            str('a', 'utf-8')
        with self.assertRaisesRegex(TypeError, 'decoding to str: need a bytes-like object, int found'):
            str(1, 'utf-8')

    def test_repr(self):
        self.assertEqual(repr('a\'"\n\x00\xe9\xad\u3042\ud800\U000e0001'),
                         '\'a\\\'"\\n\\x00\xe9\\xad\u3042\\ud800\\U000e0001\'')
        self.assertEqual(repr("it's"), '"it\'s"')


if __name__ == '__main__':
    unittest.main()
