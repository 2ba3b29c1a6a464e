"""open() and the classes of io: what they read, write, tell and refuse."""
import gc
import io
import os
import tempfile
import threading
import unittest
import warnings


class FileTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp()
        self.path = os.path.join(self.directory, "f")

    def tearDown(self):
        for name in os.listdir(self.directory):
            os.unlink(os.path.join(self.directory, name))
        os.rmdir(self.directory)

    def put(self, data):
        with open(self.path, "wb") as f:
            f.write(data)

    def test_text_round_trip(self):
        text = "a\nb€\nc\U0001f600d"
        with open(self.path, "w", encoding="utf-8") as f:
            self.assertEqual(f.write(text), len(text))
        with open(self.path, encoding="utf-8") as f:
            self.assertEqual(list(f), ["a\n", "b€\n", "c\U0001f600d"])

    def test_universal_newlines(self):
        self.put(b"a\r\nb\rc\nd")
        with open(self.path) as f:
            self.assertEqual(f.read(), "a\nb\nc\nd")
            self.assertEqual(f.newlines, ("\r", "\n", "\r\n"))
        with open(self.path, newline="") as f:
            self.assertEqual(f.readlines(), ["a\r\n", "b\r", "c\n", "d"])
        with open(self.path, newline="\r\n") as f:
            self.assertEqual(f.readlines(), ["a\r\n", "b\rc\nd"])
        with open(self.path, newline="\r") as f:
            self.assertEqual(f.readlines(), ["a\r", "\nb\r", "c\nd"])

    def test_written_newlines(self):
        with open(self.path, "w", newline="\r\n") as f:
            f.write("a\nb\n")
        with open(self.path, "rb") as f:
            self.assertEqual(f.read(), b"a\r\nb\r\n")

    def test_tell_and_seek_in_text(self):
        lines = ["é%d\n" % i for i in range(3000)]
        with open(self.path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        with open(self.path, encoding="utf-8") as f:
            positions = []
            for _ in range(200):
                positions.append(f.tell())
                f.readline()
            for i in (0, 57, 123, 199):
                f.seek(positions[i])
                self.assertEqual(f.readline(), lines[i])

    def test_tell_after_next(self):
        self.put(b"a\nb\n")
        with open(self.path) as f:
            next(f)
            with self.assertRaises(OSError):
                f.tell()

    def test_other_encodings(self):
        for encoding in ("utf-16", "utf-8-sig", "latin-1", "cp1252"):
            with self.subTest(encoding=encoding):
                with open(self.path, "w", encoding=encoding) as f:
                    f.write("é\n")
                with open(self.path, "a", encoding=encoding) as f:
                    f.write("b")
                with open(self.path, encoding=encoding) as f:
                    self.assertEqual(f.read(), "é\nb")

    def test_errors(self):
        self.put(b"a\xffb")
        with open(self.path, encoding="utf-8") as f:
            with self.assertRaises(UnicodeDecodeError):
                f.read()
        with open(self.path, encoding="utf-8", errors="replace") as f:
            self.assertEqual(f.read(), "a�b")
        with open(self.path, encoding="utf-8", errors="surrogateescape") as f:
            self.assertEqual(f.read(), "a\udcffb")

    def test_character_split_between_chunks(self):
        self.put("€".encode() * 10000)
        with open(self.path, encoding="utf-8") as f:
            f._CHUNK_SIZE = 100
            self.assertEqual(f.read(9999), "€" * 9999)
            self.assertEqual(f.read(), "€")

    def test_random_access(self):
        self.put(b"0123456789")
        with open(self.path, "r+b") as f:
            self.assertEqual(f.read(3), b"012")
            f.write(b"xx")
            self.assertEqual(f.tell(), 5)
            self.assertEqual(f.read(2), b"56")
            f.seek(-1, 2)
            self.assertEqual(f.read(), b"9")
            f.seek(2)
            self.assertEqual(f.read(4), b"2xx5")

    def test_append(self):
        self.put(b"ab")
        with open(self.path, "ab") as f:
            self.assertEqual(f.tell(), 2)
            f.write(b"c")
        with open(self.path, "rb") as f:
            self.assertEqual(f.read(), b"abc")

    def test_exclusive(self):
        self.put(b"")
        with self.assertRaises(FileExistsError) as caught:
            open(self.path, "x")
        self.assertEqual(caught.exception.filename, self.path)

    def test_truncate(self):
        self.put(b"abcdef")
        with open(self.path, "r+b") as f:
            f.seek(3)
            self.assertEqual(f.truncate(), 3)
            self.assertEqual(f.truncate(5), 5)
        self.assertEqual(os.path.getsize(self.path), 5)

    def test_readinto_and_peek(self):
        self.put(b"abcdef")
        with open(self.path, "rb") as f:
            self.assertTrue(f.peek(1).startswith(b"a"))
            space = bytearray(4)
            self.assertEqual(f.readinto(space), 4)
            self.assertEqual(space, b"abcd")
            self.assertEqual(f.read1(), b"ef")

    def test_bad_modes(self):
        for mode in ("", "rw", "rr", "tb", "z", "r++"):
            with self.subTest(mode=mode), self.assertRaises(ValueError):
                open(self.path, mode)
        with self.assertRaises(ValueError):
            open(self.path, "rb", encoding="utf-8")
        with self.assertRaises(ValueError):
            open(self.path, "w", 0)

    def test_closed(self):
        self.put(b"a")
        for mode in ("r", "rb", "w", "wb", "r+b"):
            f = open(self.path, mode)
            f.close()
            f.close()
            self.assertTrue(f.closed)
            with self.assertRaises(ValueError):
                f.tell()
            with self.assertRaises(ValueError):
                f.flush() if "r" not in mode else f.read()

    def test_wrong_direction(self):
        self.put(b"a")
        with open(self.path) as f, self.assertRaises(io.UnsupportedOperation):
            f.write("x")
        with open(self.path, "w") as f, self.assertRaises(io.UnsupportedOperation):
            f.read()

    def test_unclosed_file_warns_and_flushes(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            f = open(self.path, "w")
            f.write("text")
            del f
            gc.collect()
        self.assertEqual([w.category for w in caught], [ResourceWarning])
        self.assertIn("unclosed file <_io.TextIOWrapper", str(caught[0].message))
        with open(self.path) as f:
            self.assertEqual(f.read(), "text")

    def test_repr(self):
        with open(self.path, "w", encoding="utf-8") as f:
            self.assertEqual(repr(f), "<_io.TextIOWrapper name=%r mode='w' encoding='utf-8'>" % self.path)
            self.assertEqual(repr(f.buffer), "<_io.BufferedWriter name=%r>" % self.path)
            self.assertEqual(repr(f.buffer.raw), "<_io.FileIO name=%r mode='wb' closefd=True>" % self.path)

    def test_reconfigure(self):
        with open(self.path, "w", encoding="ascii") as f:
            f.write("a")
            f.reconfigure(encoding="utf-8", newline="\r\n", line_buffering=True)
            f.write("é\n")
            self.assertEqual(os.path.getsize(self.path), 5)

    def test_threads_write_whole_lines(self):
        with open(self.path, "w") as f:
            def work(c):
                for _ in range(500):
                    f.write(c * 20 + "\n")
            threads = [threading.Thread(target=work, args=(c,)) for c in "abcd"]
            for t in threads:
                t.start()
            for t in threads:
                t.join()
        with open(self.path) as f:
            lines = f.read().splitlines()
        self.assertEqual(sorted(lines), sorted(c * 20 for c in "abcd" for _ in range(500)))


class RawInPython(io.RawIOBase):
    def __init__(self, data=b""):
        self.data = data
        self.written = []

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, b):
        n = min(len(b), 3, len(self.data))
        b[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def write(self, b):
        self.written.append(bytes(b))
        return len(b)


class PythonRawTest(unittest.TestCase):
    def test_buffered_reader(self):
        f = io.BufferedReader(RawInPython(b"hello\nworld"))
        self.assertEqual(f.readline(), b"hello\n")
        self.assertEqual(f.read(), b"world")

    def test_buffered_writer(self):
        raw = RawInPython()
        f = io.BufferedWriter(raw, 8)
        f.write(b"abc")
        self.assertEqual(raw.written, [])
        f.write(b"defghijkl")
        f.flush()
        self.assertEqual(b"".join(raw.written), b"abcdefghijkl")

    def test_raw_read(self):
        self.assertEqual(RawInPython(b"abcdef").read(), b"abcdef")
        self.assertEqual(RawInPython(b"abcdef").read(2), b"ab")

    def test_pair(self):
        raw = RawInPython()
        pair = io.BufferedRWPair(RawInPython(b"in"), raw)
        self.assertEqual(pair.read(), b"in")
        pair.write(b"out")
        pair.flush()
        self.assertEqual(raw.written, [b"out"])

    def test_text_over_python_raw(self):
        f = io.TextIOWrapper(io.BufferedReader(RawInPython(b"a\r\nb")), encoding="ascii")
        self.assertEqual(f.readlines(), ["a\n", "b"])


class MemoryTest(unittest.TestCase):
    def test_bytes(self):
        f = io.BytesIO(b"ab\ncd")
        self.assertEqual(list(f), [b"ab\n", b"cd"])
        f.seek(8)
        f.write(b"x")
        self.assertEqual(f.getvalue(), b"ab\ncd\0\0\0x")
        f.seek(0)
        self.assertEqual(f.truncate(), 0)
        self.assertEqual(f.getvalue(), b"")
        f.close()
        with self.assertRaises(ValueError):
            f.read()

    def test_bytes_state(self):
        f = io.BytesIO(b"abc")
        f.read(1)
        g = io.BytesIO()
        g.__setstate__(f.__getstate__())
        self.assertEqual(g.read(), b"bc")

    def test_string(self):
        f = io.StringIO("a\nb€\n")
        self.assertEqual(f.readline(), "a\n")
        f.seek(0, 2)
        f.write("\U0001f600")
        self.assertEqual(f.getvalue(), "a\nb€\n\U0001f600")
        with self.assertRaises(OSError):
            f.seek(1, 1)

    def test_string_newlines(self):
        self.assertEqual(io.StringIO("a\r\nb\r", newline=None).getvalue(), "a\nb\n")
        self.assertEqual(io.StringIO("a\nb", newline="\r\n").getvalue(), "a\r\nb")
        self.assertEqual(io.StringIO("a\rb\r\nc", newline="").readlines(), ["a\r", "b\r\n", "c"])

    def test_decoder(self):
        d = io.IncrementalNewlineDecoder(None, True)
        self.assertEqual(d.decode("a\r"), "a")
        self.assertEqual(d.decode("\nb"), "\nb")
        self.assertEqual(d.newlines, "\r\n")
        d.reset()
        self.assertEqual(d.getstate(), (b"", 0))


if __name__ == "__main__":
    unittest.main()
