"""str % args, bytes % args, str.format, format(): results and the exact words of errors."""
import unittest


class Percent(unittest.TestCase):
    def test_results(self):
        for format, args, expected in [
                ('%s %r %a', (1, 'é', 'é'), "1 'é' '\\xe9'"), ('%5.1s|', 'abc', '    a|'), ('%-5s|', 'a', 'a    |'),
                ('%+05d', 3, '+0003'), ('%#x %#o %X', (255, 8, 255), '0xff 0o10 FF'), ('% d', 5, ' 5'),
                ('%.3f %e %g', (1.5, 1e10, 1e-10), '1.500 1.000000e+10 1e-10'), ('%c%c', ('a', 0x3042), 'aあ'),
                ('%*d %.*f', (5, 3, 1, 2.55), '    3 2.5'), ('%(a)s%%', {'a': 1}, '1%'), ('%d', 1.9, '1'),
                ('%ld', 3, '3'), ('abc', {}, 'abc'), ('%(a(b))s', {'a(b)': 1}, '1'), ('%s', [1], '[1]')]:
            self.assertEqual(format % args, expected)

    def test_errors(self):
        for format, args, error, message in [
                ('%d', 'a', TypeError, '%d format: a real number is required, not str'),
                ('%x', 1.5, TypeError, '%x format: an integer is required, not float'),
                ('%c', 'ab', TypeError, '%c requires an int or a unicode character, not a string of length 2'),
                ('%c', -1, OverflowError, '%c arg not in range(0x110000)'),
                ('%f', 'a', TypeError, 'must be real number, not str'),
                ('%y', 1, ValueError, "unsupported format character 'y' (0x79) at index 1"),
                ('%(a)s', 1, TypeError, 'format requires a mapping'),
                ('%(a', {}, ValueError, 'incomplete format key'),
                ('%*d', ('a', 1), TypeError, '* wants int'),
                ('%', 1, ValueError, 'incomplete format'),
                ('%d', (), TypeError, 'not enough arguments for format string'),
                ('%d', (1, 2), TypeError, 'not all arguments converted during string formatting')]:
            with self.assertRaises(error) as caught:
                format % args
            self.assertEqual(str(caught.exception), message)

    def test_bytes(self):
        self.assertEqual(b'%5s|%-5b|%.1s' % (b'ab', b'cd', b'ef'), b'   ab|cd   |e')
        self.assertEqual(b'%i %x %a %c' % (1, 255, 'é', 65), b"1 ff '\\xe9' A")
        self.assertEqual(bytearray(b'%d') % 1, bytearray(b'1'))
        with self.assertRaisesRegex(TypeError, "%b requires a bytes-like object, or an object that implements"):
            b'%s' % 'a'


class Format(unittest.TestCase):
    def test_results(self):
        class A:
            x = [10, {'k': 'v'}]
        for format, args, kwargs, expected in [
                ('{}{}', (1, 2), {}, '12'), ('{1}{0}', (1, 2), {}, '21'), ('{a.x[0]} {a.x[1][k]}', (), {'a': A}, '10 v'),
                ('{!r:>5}', ('a',), {}, "  'a'"), ('{:{}}', (1, 5), {}, '    1'), ('{{}}', (), {}, '{}'),
                ('{a[}]}', (), {'a': {'}': 1}}, '1'), ('{:,}', (1234567,), {}, '1,234,567'),
                ('{:\u3042^5}', ('x',), {}, '\u3042\u3042x\u3042\u3042'), ('{:.2}', ('abc',), {}, 'ab'),
                ('{:08.3f}', (3.14159,), {}, '0003.142'), ('{:#x}', (255,), {}, '0xff'), ('{:%}', (0.5,), {}, '50.000000%')]:
            self.assertEqual(format.format(*args, **kwargs), expected)

    def test_errors(self):
        for format, args, error, message in [
                ('{', (), ValueError, "Single '{' encountered in format string"),
                ('}', (), ValueError, "Single '}' encountered in format string"),
                ('{}', (), IndexError, 'Replacement index 0 out of range for positional args tuple'),
                ('{0}{}', (1, 2), ValueError,
                 'cannot switch from manual field specification to automatic field numbering'),
                ('{0.}', (1,), ValueError, 'Empty attribute in format string'),
                ('{0[0]b}', ([1],), ValueError, "Only '.' or '[' may follow ']' in format field specifier"),
                ('{!x}', ('a',), ValueError, 'Unknown conversion specifier x'),
                ('{!', ('a',), ValueError, 'end of string while looking for conversion specifier'),
                ('{!rx}', ('a',), ValueError, "expected ':' after conversion specifier"),
                ('{:{:{}}}', (1, 2, 3), ValueError, 'Max string recursion exceeded'),
                ('{:', (1,), ValueError, "unmatched '{' in format spec"),
                ('{a', (), ValueError, "expected '}' before end of string"),
                ('{a{', (), ValueError, "unexpected '{' in field name"),
                ('{:d}', ('a',), ValueError, "Unknown format code 'd' for object of type 'str'")]:
            with self.assertRaises(error) as caught:
                format.format(*args)
            self.assertEqual(str(caught.exception), message)

    def test_format_map(self):
        class Default(dict):
            def __missing__(self, key):
                return key
        self.assertEqual('{a} {b}'.format_map(Default(a=1)), '1 b')

    def test_string_formatter(self):
        import string
        self.assertEqual(string.Formatter().format('{0}{x!r}{y:>{w}}', 1, x='a', y=2, w=3), "1'a'  2")


if __name__ == '__main__':
    unittest.main()
