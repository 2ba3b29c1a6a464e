import sys
import unittest


class Sub(int):
    pass


BIG = [0, 1, -1, 2**61 - 1, 2**62 - 1, 2**62, -2**62, -2**62 - 1, 2**63, 2**64, -2**64, 10**30, -10**30, 3**200]


class IntArithmetic(unittest.TestCase):
    def test_fixnum_border(self):
        for a in BIG:
            for b in BIG:
                self.assertEqual(a + b - b, a)
                self.assertEqual(a * b == 0, a == 0 or b == 0)
                if b:
                    q, r = divmod(a, b)
                    self.assertEqual(q * b + r, a)
                    self.assertEqual((q, r), (a // b, a % b))
                    self.assertTrue(0 <= r < b or b < r <= 0)

    def test_bits(self):
        for a in BIG:
            self.assertEqual(~a, -a - 1)
            for b in BIG:
                self.assertEqual((a & b) + (a | b), a + b)
                self.assertEqual((a ^ b), (a | b) - (a & b))
            for n in (0, 1, 61, 62, 63, 64, 200):
                self.assertEqual(a << n >> n, a)
                self.assertEqual(a << n, a * 2**n)
                self.assertEqual(a >> n, a // 2**n)

    def test_shift_errors(self):
        with self.assertRaisesRegex(ValueError, "negative shift count"):
            1 << -1
        with self.assertRaisesRegex(OverflowError, "too many digits in integer"):
            1 << (1 << 70)
        self.assertEqual(0 << (1 << 70), 0)
        self.assertEqual(-1 >> (1 << 70), -1)

    def test_power(self):
        self.assertEqual(pow(7, 100, 13), 7**100 % 13)
        self.assertEqual(pow(7, -1, 13) * 7 % 13, 1)
        self.assertEqual(pow(2, 10, -7), -5)
        self.assertEqual(2**-1, 0.5)
        with self.assertRaisesRegex(ValueError, "pow\\(\\) 3rd argument cannot be 0"):
            pow(2, 3, 0)
        with self.assertRaisesRegex(ValueError, "base is not invertible"):
            pow(2, -1, 4)
        with self.assertRaisesRegex(ZeroDivisionError, "zero to a negative power"):
            0**-1

    def test_true_division_is_correctly_rounded(self):
        self.assertEqual((10**400 + 1) / 10**399, 10.0)
        self.assertEqual((2**53 + 1) / 1, 9007199254740992.0)
        with self.assertRaisesRegex(OverflowError, "integer division result too large for a float"):
            10**400 / 3
        with self.assertRaisesRegex(ZeroDivisionError, "^division by zero$"):
            1 / 0

    def test_subclass_results_are_int(self):
        x = Sub(5)
        for y in (x + 1, -x, +x, abs(x), x.real, x.conjugate(), int(x), x.numerator, x.__trunc__(), round(x)):
            self.assertIs(type(y), int)
        self.assertEqual(x, 5)
        self.assertEqual(hash(Sub(2**70)), hash(2**70))
        x.attribute = 3
        self.assertEqual(x.attribute, 3)

    def test_bool(self):
        self.assertIs(True & False, False)
        self.assertIs(True | False, True)
        self.assertIs(True ^ True, False)
        self.assertEqual(True & 3, 1)
        self.assertEqual(True + True, 2)
        self.assertEqual(repr(True), "True")
        self.assertEqual(format(True, "d"), "1")
        with self.assertWarns(DeprecationWarning):
            self.assertEqual(~True, -2)


class IntConversion(unittest.TestCase):
    def test_text(self):
        for text, base, value in [("12", 10, 12), (" -1_000 ", 10, -1000), ("0x_ff", 0, 255), ("ff", 16, 255),
                                  ("\u0661\u0662", 10, 12), ("z", 36, 35), ("0b11", 2, 3), ("+7", 8, 7),
                                  ("\u2003 5\u00a0", 10, 5), ("1" * 40, 10, int("1" * 20) * 10**20 + int("1" * 20))]:
            self.assertEqual(int(text, base), value)
        self.assertEqual(int(b"42"), 42)
        self.assertEqual(int(bytearray(b" 42\n")), 42)
        self.assertEqual(int(memoryview(b"42")), 42)

    def test_invalid_text(self):
        for text in ("", " ", "1__0", "_1", "1_", "0x", "1.0", "a", "\0", "1 2", "--1"):
            with self.assertRaisesRegex(ValueError, r"invalid literal for int\(\) with base 10: "):
                int(text)
        with self.assertRaisesRegex(ValueError, r"base 0: '010'"):
            int("010", 0)
        with self.assertRaisesRegex(ValueError, r"int\(\) base must be >= 2 and <= 36, or 0"):
            int("1", 37)

    def test_digit_limit(self):
        limit = sys.get_int_max_str_digits()
        with self.assertRaisesRegex(ValueError, f"value has {limit + 1} digits"):
            int("1" * (limit + 1))
        with self.assertRaisesRegex(ValueError, "Exceeds the limit"):
            str(10**limit)
        self.assertEqual(len(hex(10**limit)) > 1000, True)

    def test_special_methods(self):
        class WithInt:
            def __int__(self):
                return 7

        class WithIndex:
            def __index__(self):
                return 8

        class WithTrunc:
            def __trunc__(self):
                return 9

        self.assertEqual(int(WithInt()), 7)
        self.assertEqual(int(WithIndex()), 8)
        with self.assertRaisesRegex(TypeError, "not 'WithTrunc'"):
            int(WithTrunc())
        with self.assertRaisesRegex(TypeError, r"int\(\) missing string argument"):
            int(base=10)
        with self.assertRaisesRegex(TypeError, "can't convert non-string with explicit base"):
            int(1, 10)

    def test_float(self):
        self.assertEqual(int(1e30), 1000000000000000019884624838656)
        self.assertEqual(int(-2.9), -2)
        with self.assertRaisesRegex(OverflowError, "cannot convert float infinity to integer"):
            int(float("inf"))

    def test_bytes(self):
        for n in BIG:
            size = n.bit_length() // 8 + 1
            for order in ("little", "big"):
                data = n.to_bytes(size, order, signed=True)
                self.assertEqual(int.from_bytes(data, order, signed=True), n)
        self.assertEqual((1000).to_bytes(2), b"\x03\xe8")
        self.assertEqual(int.from_bytes([1, 2]), 258)
        with self.assertRaisesRegex(OverflowError, "int too big to convert"):
            (1000).to_bytes(1)
        with self.assertRaisesRegex(OverflowError, "can't convert negative int to unsigned"):
            (-1).to_bytes(1)

    def test_format(self):
        self.assertEqual(format(1234567, ","), "1,234,567")
        self.assertEqual(format(-255, "#x"), "-0xff")
        self.assertEqual(format(255, "08b"), "11111111")
        self.assertEqual(format(5, "^7"), "   5   ")
        self.assertEqual(format(3, ".2f"), "3.00")
        with self.assertRaisesRegex(ValueError, "Unknown format code 's' for object of type 'int'"):
            format(5, "s")

    def test_round(self):
        self.assertEqual([round(n, -1) for n in (5, 15, 25, -15, 14, 16)], [0, 20, 20, -20, 10, 20])
        self.assertEqual(round(12345, -100), 0)
        self.assertEqual(round(12345, 100), 12345)

    def test_hash_of_equal_numbers(self):
        for n in (0, 1, -1, 2**31, 2**61 - 1, 2**62, -2**70):
            self.assertEqual(hash(n), hash(float(n)) if float(n) == n else hash(n))
        self.assertEqual(hash(2**61 - 1), 0)
        self.assertEqual(hash(-1), -2)


if __name__ == "__main__":
    unittest.main()
