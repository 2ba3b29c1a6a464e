"""bytes and bytearray: results, exports, and the exact words of errors."""
import pickle
import unittest


class Both(unittest.TestCase):
    def test_results_have_the_type_of_the_object(self):
        for T in (bytes, bytearray):
            b = T(b' a,b ')
            for r in (b.strip(), b.upper(), b.replace(b'a', b'x'), b[1:], b + b'', b * 2, b.center(9), b.join([b'x', b'y'])):
                self.assertIs(type(r), T)
            self.assertEqual(b.split(b','), [b' a', b'b '])
            self.assertEqual(b.find(b'b'), 3)
            self.assertEqual(b.find(ord('b')), 3)
            self.assertEqual(b.hex('-'), '20-61-2c-62-20')
            self.assertEqual(T.fromhex('61 62'), b'ab')
            self.assertEqual(list(T(b'ab')), [97, 98])
            self.assertEqual(b.translate(None, b' '), b'a,b')
            self.assertEqual(pickle.loads(pickle.dumps(b)), b)

    def test_errors(self):
        for f, error, message in [
                (lambda: b'a'.find('a'), TypeError, "argument should be integer or bytes-like object, not 'str'"),
                (lambda: b'a'.find(300), ValueError, 'byte must be in range(0, 256)'),
                (lambda: 'a' in b'a', TypeError, "a bytes-like object is required, not 'str'"),
                (lambda: b'a' + 'a', TypeError, "can't concat str to bytes"),
                (lambda: bytearray(b'a') + 1, TypeError, "can't concat int to bytearray"),
                (lambda: b'a'['a'], TypeError, 'byte indices must be integers or slices, not str'),
                (lambda: bytes('a'), TypeError, 'string argument without an encoding'),
                (lambda: bytes([256]), ValueError, 'bytes must be in range(0, 256)'),
                (lambda: bytes(1.5), TypeError, "cannot convert 'float' object to bytes"),
                (lambda: bytes(b'a', 'ascii'), TypeError, 'encoding without a string argument'),
                (lambda: bytes.fromhex('abx'), ValueError,
                 'non-hexadecimal number found in fromhex() arg at position 2'),
                (lambda: b'a'.join(['a']), TypeError, 'sequence item 0: expected a bytes-like object, str found'),
                (lambda: bytearray(b'abc').append(256), ValueError, 'byte must be in range(0, 256)'),
                (lambda: bytearray().pop(), IndexError, 'pop from empty bytearray'),
                (lambda: bytearray(b'abc').extend('a'), TypeError, "expected iterable of integers; got: 'str'"),
                (lambda: hash(bytearray()), TypeError, "unhashable type: 'bytearray'")]:
            with self.assertRaises(error) as caught:
                f()
            self.assertEqual(str(caught.exception), message)


class Mutation(unittest.TestCase):
    def test_against_list(self):
        for start in (None, 0, 2, -3, 20):
            for stop in (None, 0, 5, -1, 20):
                for step in (None, 1, 2, -1, -2):
                    a, b = list(range(8)), bytearray(range(8))
                    del a[start:stop:step], b[start:stop:step]
                    self.assertEqual(a, list(b), (start, stop, step))
        a, b = list(range(8)), bytearray(range(8))
        a[2:4] = b[2:4] = b'wxyz'
        self.assertEqual(a, list(b))
        for f in (lambda s: s.insert(-1, 7), lambda s: s.pop(0), lambda s: s.reverse(), lambda s: s.remove(7),
                  lambda s: s.extend([1, 2]), lambda s: s.append(5), lambda s: s.__imul__(2)):
            f(a)
            f(b)
            self.assertEqual(a, list(b))

    def test_itself(self):
        b = bytearray(b'ab')
        b.extend(b)
        b[2:2] = b
        self.assertEqual(b, b"ab" * 4)

    def test_resize(self):
        b = bytearray(b'abc')
        b.resize(5)
        self.assertEqual(b, b'abc\0\0')
        b.resize(1)
        self.assertEqual(b, b'a')

    def test_export_blocks_resize(self):
        b = bytearray(b'abc')
        with memoryview(b) as m:
            for f in (lambda: b.append(1), lambda: b.clear(), lambda: b.pop(), lambda: b.__delitem__(0)):
                with self.assertRaisesRegex(BufferError, 'Existing exports of data: object cannot be re-sized'):
                    f()
            m[0] = 120
            b[1] = 121
            self.assertEqual(b, b'xyc')
        b.append(33)
        self.assertEqual(b, b'xyc!')

    def test_view_that_dies_gives_back(self):
        b = bytearray(b'abc')
        m = memoryview(b)[1:]
        del m
        b.append(1)


if __name__ == '__main__':
    unittest.main()
