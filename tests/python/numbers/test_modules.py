# Native modules of numbers and bytes: results that are known, errors, and what the binding to objects adds.
import _heapq
import array
import binascii
import cmath
import errno
import hashlib
import math
import pickle
import random
import statistics
import struct
import time
import unittest
import zlib
from bisect import bisect_left, bisect_right, insort


class MathTest(unittest.TestCase):
    def test_integers(self):
        self.assertEqual(math.factorial(20), 2432902008176640000)
        self.assertEqual(math.comb(100, 50), 100891344545564193334812497256)
        self.assertEqual(math.perm(10, 3), 720)
        self.assertEqual(math.gcd(12, -18, 27), 3)
        self.assertEqual(math.lcm(4, 6, 10), 60)
        self.assertEqual(math.isqrt(10**40), 10**20)

    def test_sums(self):
        self.assertEqual(math.fsum([0.1] * 10), 1.0)
        self.assertEqual(math.sumprod([1, 2.5], [2, 2]), 7.0)
        self.assertEqual(math.prod([2, 3.0], start=5), 30.0)
        self.assertEqual(math.hypot(3, 4), 5.0)
        self.assertEqual(math.dist((0, 0), (3, 4)), 5.0)

    def test_errors(self):
        with self.assertRaisesRegex(ValueError, "expected a nonnegative input, got -1.0"):
            math.sqrt(-1)
        with self.assertRaisesRegex(ValueError, "expected a positive input"):
            math.log(0)
        with self.assertRaisesRegex(OverflowError, "math range error"):
            math.exp(1000)
        with self.assertRaisesRegex(TypeError, "must be real number, not str"):
            math.sin("a")

    def test_special_methods(self):
        class Number:
            def __floor__(self):
                return "floor"

            def __ceil__(self):
                return "ceil"

            def __trunc__(self):
                return "trunc"

        self.assertEqual([f(Number()) for f in (math.floor, math.ceil, math.trunc)], ["floor", "ceil", "trunc"])

    def test_cmath(self):
        self.assertEqual(cmath.sqrt(-4), 2j)
        self.assertEqual(cmath.polar(1j), (1.0, math.pi / 2))
        with self.assertRaisesRegex(ValueError, "math domain error"):
            cmath.log(0)


class StructTest(unittest.TestCase):
    def test_round_trips(self):
        for fmt, values in [("<bBhHiIlLqQ", (-1, 255, -2, 65535, -3, 2**32 - 1, -4, 5, -2**63, 2**64 - 1)),
                            (">efd", (0.5, 1.25, -3.5)), ("3s5p?c", (b"abc", b"xy", True, b"q")),
                            ("@nNP", (-1, 2, 3)), (">FD", (1 + 2j, 3 - 4j))]:
            packed = struct.pack(fmt, *values)
            self.assertEqual(len(packed), struct.calcsize(fmt))
            self.assertEqual(struct.unpack(fmt, packed), values)

    def test_alignment(self):
        self.assertEqual(struct.calcsize("ci"), 8)
        self.assertEqual(struct.calcsize("=ci"), 5)
        self.assertEqual(struct.pack("ci", b"a", 1), b"a\0\0\0\1\0\0\0")

    def test_errors(self):
        for call, message in [(lambda: struct.pack("i"), "pack expected 1 items for packing \\(got 0\\)"),
                              (lambda: struct.pack("b", 300), "'b' format requires -128 <= number <= 127"),
                              (lambda: struct.pack("i", 1.5), "required argument is not an integer"),
                              (lambda: struct.unpack("i", b"abc"), "unpack requires a buffer of 4 bytes"),
                              (lambda: struct.calcsize("z"), "bad char in struct format"),
                              (lambda: struct.unpack_from("i", b"abcd", 1), "at least 5 bytes for unpacking 4 bytes"),
                              (lambda: list(struct.iter_unpack("i", b"abc")), "multiple of 4 bytes")]:
            with self.assertRaisesRegex(struct.error, message):
                call()

    def test_into_and_iterate(self):
        buffer = bytearray(6)
        struct.pack_into(">H", buffer, 2, 0x1234)
        self.assertEqual(buffer, b"\0\0\x12\x34\0\0")
        self.assertEqual(list(struct.Struct("<H").iter_unpack(b"\1\0\2\0")), [(1,), (2,)])


class TimeTest(unittest.TestCase):
    def test_struct_time(self):
        t = time.gmtime(0)
        self.assertEqual(t[:6], (1970, 1, 1, 0, 0, 0))
        self.assertEqual((t.tm_year, t.tm_zone, t.tm_gmtoff, len(t)), (1970, "GMT", 0, 9))
        self.assertEqual(t.__replace__(tm_year=2000).tm_year, 2000)
        self.assertEqual(pickle.loads(pickle.dumps(t)), t)
        self.assertEqual(repr(t)[:34], "time.struct_time(tm_year=1970, tm_")
        with self.assertRaisesRegex(TypeError, "takes an at least 9-sequence \\(2-sequence given\\)"):
            time.struct_time((1, 2))

    def test_text(self):
        self.assertEqual(time.asctime(time.gmtime(0)), "Thu Jan  1 00:00:00 1970")
        self.assertEqual(time.strftime("%Y-%m-%d \0 %j", time.gmtime(0)), "1970-01-01 \0 001")
        with self.assertRaisesRegex(ValueError, "month out of range"):
            time.asctime((2000, 13, 1, 0, 0, 0, 0, 0, 0))

    def test_sleep(self):
        start = time.monotonic()
        time.sleep(0.02)
        self.assertGreaterEqual(time.monotonic() - start, 0.019)
        with self.assertRaisesRegex(ValueError, "sleep length must be non-negative"):
            time.sleep(-1)

    def test_errno(self):
        self.assertEqual(errno.errorcode[errno.ENOENT], "ENOENT")


class RandomTest(unittest.TestCase):
    def test_sequence(self):
        r = random.Random(12345)
        self.assertEqual(r.random(), 0.41661987254534116)
        state = r.getstate()
        a = [r.getrandbits(70), r.randrange(10**20), r.gauss(0, 1)]
        r.setstate(state)
        self.assertEqual([r.getrandbits(70), r.randrange(10**20), r.gauss(0, 1)], a)


class BytesTest(unittest.TestCase):
    def test_binascii(self):
        self.assertEqual(binascii.hexlify(b"abcdef", ":", 4), b"6162:63646566")
        self.assertEqual(binascii.unhexlify("6162"), b"ab")
        self.assertEqual(binascii.a2b_base64(b"YW Jj\n"), b"abc")
        self.assertEqual(binascii.b2a_base64(b"ab"), b"YWI=\n")
        self.assertEqual(binascii.crc32(b"abc"), 891568578)
        self.assertEqual(binascii.a2b_qp(b"a=3Db=\nc"), b"a=bc")
        for data in (bytes(range(45)), b"", b"abc"):
            self.assertEqual(binascii.a2b_uu(binascii.b2a_uu(data)), data)
        with self.assertRaisesRegex(binascii.Error, "Incorrect padding"):
            binascii.a2b_base64("abc")

    def test_zlib(self):
        data = bytes(range(256)) * 1000
        self.assertEqual(zlib.decompress(zlib.compress(data)), data)
        c, d = zlib.compressobj(9), zlib.decompressobj()
        packed = c.compress(data[:1000]) + c.flush(zlib.Z_SYNC_FLUSH) + c.compress(data[1000:]) + c.flush()
        out = d.decompress(packed + b"tail", 100)
        self.assertEqual(out, data[:100])
        while d.unconsumed_tail:
            out += d.decompress(d.unconsumed_tail, 5000)
        out += d.flush()
        self.assertEqual((out, d.unused_data, d.eof), (data, b"tail", True))
        with self.assertRaisesRegex(zlib.error, "Error -3 while decompressing data: incorrect header check"):
            zlib.decompress(b"abc")

    def test_hashes(self):
        known = {"md5": "900150983cd24fb0d6963f7d28e17f72", "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
                 "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                 "sha3_224": "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
                 "blake2s": "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"}
        for name, digest in known.items():
            h = hashlib.new(name, b"ab")
            h.update(b"c")
            self.assertEqual(h.hexdigest(), digest)
            self.assertEqual(h.copy().digest().hex(), digest)
            self.assertEqual(h.name, name)
        self.assertEqual(hashlib.blake2b(b"abc", key=b"k", digest_size=8, salt=b"s").hexdigest(), "dfac11ae4d78c574")
        self.assertEqual(hashlib.shake_128(b"").hexdigest(4), "7f9c2ba4")
        self.assertEqual(hashlib.pbkdf2_hmac("sha256", b"p", b"s", 2).hex()[:16], "1998f3d3f22119b7")
        with self.assertRaisesRegex(TypeError, "Strings must be encoded before hashing"):
            hashlib.md5("a")


class ContainersTest(unittest.TestCase):
    def test_bisect(self):
        a = [1, 2, 2, 3]
        self.assertEqual((bisect_left(a, 2), bisect_right(a, 2)), (1, 3))
        insort(a, 2.5)
        self.assertEqual(a, [1, 2, 2, 2.5, 3])
        self.assertEqual(bisect_left(a, -2.5, key=lambda x: x), 0)

    def test_heap(self):
        heap = []
        for x in (5, 1, 4, 2, 3):
            _heapq.heappush(heap, x)
        self.assertEqual([_heapq.heappop(heap) for _ in range(5)], [1, 2, 3, 4, 5])
        with self.assertRaises(IndexError):
            _heapq.heappop(heap)

    def test_array(self):
        a = array.array("i", [1, 2, 3])
        a[1:2] = array.array("i", [7, 8])
        self.assertEqual(a.tolist(), [1, 7, 8, 3])
        del a[::2]
        self.assertEqual(a, array.array("i", [7, 3]))
        self.assertEqual(pickle.loads(pickle.dumps(a)), a)
        self.assertEqual(repr(array.array("w", "ab")), "array('w', 'ab')")
        with memoryview(a):
            with self.assertRaises(BufferError):
                a.append(1)
        a.append(1)
        with self.assertRaisesRegex(OverflowError, "signed integer is greater than maximum"):
            a.append(2**40)
        with self.assertRaisesRegex(ValueError, "bad typecode"):
            array.array("x")

    def test_normal_quantile(self):
        self.assertEqual(statistics.NormalDist().inv_cdf(0.3), -0.5244005127080407)


if __name__ == "__main__":
    unittest.main()
