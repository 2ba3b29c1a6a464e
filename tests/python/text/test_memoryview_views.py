"""memoryview: geometry, items, release, and buffers of Python classes (PEP 688)."""
import array
import unittest


class Views(unittest.TestCase):
    def test_slices_and_items(self):
        b = bytearray(range(10))
        m = memoryview(b)
        self.assertEqual(m[2:8:2].tolist(), [2, 4, 6])
        self.assertEqual(m[::-1].tobytes(), bytes(range(9, -1, -1)))
        m[1:3] = b'xy'
        self.assertEqual(b[:4], b'\0xy\3')
        with self.assertRaisesRegex(ValueError, 'different structures'):
            m[1:3] = b'xyz'
        with self.assertRaisesRegex(ValueError, "memoryview: invalid value for format 'B'"):
            m[0] = 256
        with self.assertRaisesRegex(IndexError, 'index out of bounds on dimension 1'):
            m[10]

    def test_cast(self):
        m = memoryview(bytes(range(12)))
        grid = m.cast('B', [3, 4])
        self.assertEqual((grid.shape, grid.strides, grid.ndim), ((3, 4), (4, 1), 2))
        self.assertEqual(grid[1, 2], 6)
        self.assertEqual(grid.tolist()[2], [8, 9, 10, 11])
        self.assertEqual(grid.tobytes('F')[:3], b'\0\4\10')
        self.assertEqual(m.cast('I').cast('B'), m)
        with self.assertRaisesRegex(TypeError, 'length is not a multiple of itemsize'):
            memoryview(b'abc').cast('H')

    def test_compare_and_hash(self):
        self.assertEqual(memoryview(b'abc'), b'abc')
        self.assertEqual(b'abc', memoryview(b'abc'))
        self.assertNotEqual(memoryview(b'abc'), 'abc')
        self.assertEqual(hash(memoryview(b'abc')), hash(b'abc'))
        self.assertEqual(memoryview(array.array('i', [1, 2])), memoryview(array.array('d', [1, 2])))
        with self.assertRaisesRegex(ValueError, 'cannot hash writable memoryview object'):
            hash(memoryview(bytearray()))

    def test_release(self):
        m = memoryview(b'abc')
        part = m[1:]
        m.release()
        self.assertEqual(part.tolist(), [98, 99])
        with self.assertRaisesRegex(ValueError, 'operation forbidden on released memoryview object'):
            m[0]
        self.assertIn('<released memory at', repr(m))


class PythonBuffers(unittest.TestCase):
    def test_class(self):
        log = []

        class Exporter:
            def __init__(self):
                self.data = bytearray(b'1234')

            def __buffer__(self, flags):
                log.append('get')
                return memoryview(self.data)

            def __release_buffer__(self, view):
                log.append('release')
                view.release()

        e = Exporter()
        with memoryview(e) as m:
            self.assertEqual(m.tobytes(), b'1234')
            with self.assertRaises(BufferError):
                e.data.append(1)
        self.assertEqual(log, ['get', 'release'])
        e.data.append(1)
        self.assertEqual(bytes(e), b'1234\1')

    def test_subclass(self):
        class C(bytearray):
            def __buffer__(self, flags):
                return super().__buffer__(flags)

        with memoryview(C(b'q')) as m:
            self.assertEqual(m[0], 113)

    def test_wrong_result(self):
        class C:
            def __buffer__(self, flags):
                return 1
        with self.assertRaisesRegex(TypeError, '__buffer__ returned non-memoryview object'):
            memoryview(C())


if __name__ == '__main__':
    unittest.main()
