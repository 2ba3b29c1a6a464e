import math
import unittest


class FloatTest(unittest.TestCase):
    def test_tagged_and_heap_values(self):
        # Doubles inside and outside the exponents that fit a tagged word.
        for x in (0.0, -0.0, 1.0, -1.5, 1e-300, 1e300, 5e-324, 2.0**-255, 2.0**256, -2.0**257, 1.7976931348623157e308):
            self.assertEqual(float(repr(x)), x)
            self.assertEqual(math.copysign(1, x), math.copysign(1, float(repr(x))))
            self.assertEqual(x + 0.0, x)
            self.assertEqual(float.fromhex(x.hex()), x)
            n, d = x.as_integer_ratio()
            self.assertEqual(n / d, x)

    def test_comparison_with_int_is_exact(self):
        self.assertFalse(2**53 + 1 == float(2**53))
        self.assertTrue(2**53 + 1 > float(2**53))
        self.assertTrue(10**400 > 1e308)
        self.assertTrue(float("inf") > 10**400)
        nan = float("nan")
        self.assertFalse(nan == nan or nan < 1 or nan > 1 or 1 < nan)
        self.assertTrue(nan != nan)

    def test_mixed_arithmetic(self):
        self.assertEqual(1 + 0.5, 1.5)
        self.assertEqual(3 // 2.0, 1.0)
        self.assertEqual(-7 % 2.5, 0.5)
        self.assertEqual(divmod(7, -2.0), (-4.0, -1.0))
        with self.assertRaisesRegex(OverflowError, "int too large to convert to float"):
            10**400 + 1.0
        for operation in (lambda: 1.0 / 0, lambda: 1 // 0.0, lambda: 1.0 % 0, lambda: divmod(1.0, 0)):
            with self.assertRaisesRegex(ZeroDivisionError, "^division by zero$"):
                operation()

    def test_power(self):
        self.assertEqual((-8.0) ** 2, 64.0)
        self.assertIs(type((-8.0) ** 0.5), complex)
        with self.assertRaises(OverflowError) as caught:
            2.0**5000
        self.assertEqual(caught.exception.args, (34, "Numerical result out of range"))
        with self.assertRaisesRegex(TypeError, "pow\\(\\) 3rd argument not allowed"):
            pow(2.0, 3, 5)

    def test_text(self):
        for text, value in [("1_0.5", 10.5), (" inf ", math.inf), ("-Infinity", -math.inf), ("\u0661.5", 1.5),
                            ("1e-400", 0.0), (".5", 0.5), ("5.", 5.0)]:
            self.assertEqual(float(text), value)
        self.assertEqual(float(b"2.5"), 2.5)
        for text in ("", "1__0", "1e", "0x1", "1 2", "."):
            with self.assertRaisesRegex(ValueError, "could not convert string to float: "):
                float(text)
        with self.assertRaisesRegex(TypeError, "must be a string or a real number, not 'list'"):
            float([])

    def test_round(self):
        self.assertEqual([round(x) for x in (0.5, 1.5, 2.5, -0.5)], [0, 2, 2, 0])
        self.assertEqual(round(2.675, 2), 2.67)
        self.assertEqual(round(1234.5, -2), 1200.0)
        self.assertIs(type(round(2.5)), int)
        with self.assertRaises(OverflowError):
            round(1.7e308, -308)

    def test_repr_and_format(self):
        for x, text in [(0.1, "0.1"), (1e16, "1e+16"), (1e-5, "1e-05"), (123456789.0, "123456789.0"), (-0.0, "-0.0")]:
            self.assertEqual(repr(x), text)
        self.assertEqual(f"{1234.5678:,.2f}", "1,234.57")
        self.assertEqual(f"{0.25:%}", "25.000000%")
        with self.assertRaisesRegex(ValueError, "Unknown format code 'd' for object of type 'float'"):
            format(1.0, "d")

    def test_subclass(self):
        class Sub(float):
            pass

        x = Sub("2.5")
        self.assertEqual((type(x), x, type(x + 1), type(+x), type(x.real)), (Sub, 2.5, float, float, float))
        self.assertIs(type(Sub.fromhex("0x1p3")), Sub)
        self.assertIs(type(Sub.from_number(3)), Sub)

    def test_as_key(self):
        self.assertEqual({1: "int"}[1.0], "int")
        self.assertEqual({2.0**70: "f"}[2**70], "f")


class ComplexTest(unittest.TestCase):
    def test_arithmetic(self):
        self.assertEqual((1 + 2j) * (3 - 1j), 5 + 5j)
        self.assertEqual((1 + 2j) / 2, 0.5 + 1j)
        self.assertEqual(1j**2, -1 + 0j)
        self.assertEqual(abs(3 + 4j), 5.0)
        self.assertEqual(repr(-1j * 1), "(-0-1j)")
        with self.assertRaisesRegex(ZeroDivisionError, "division by zero"):
            1j / 0
        with self.assertRaises(TypeError):
            1j // 1

    def test_equality(self):
        self.assertEqual(complex(2**53), 2**53)
        self.assertNotEqual(complex(2.0**53), 2**53 + 1)
        self.assertEqual(hash(complex(5)), hash(5))

    def test_text(self):
        self.assertEqual(complex(" ( 1+2j ) "), 1 + 2j)
        self.assertEqual(complex("1e3j"), 1000j)
        with self.assertRaisesRegex(ValueError, "malformed string"):
            complex("1 + 2j")
        with self.assertRaisesRegex(TypeError, "argument 'imag' must be a real number, not str"):
            complex(1, "2")


if __name__ == "__main__":
    unittest.main()
