values = (0.0, -0.0, 1.0, 0.1, 1.5, -2.5, 1e16, 1e22, 1e-5, 123456789.123, 1e300, 5e-324, float("inf"), float("-inf"), float("nan"), 2.0**53)
for x in values:
    print(repr(x), str(x), f"{x:.3f}|{x:10.2e}|{x:g}|{x:%}|{x:+}|{x:,.1f}", bool(x), -x, abs(x))
    print(x.is_integer(), x.hex(), x == x, x < 1, x + 1, x * 3, x / 7)
for a, b in ((7.5, 2), (-7.5, 2), (7.5, -2), (1e300, 1e-10), (5, 0.3)):
    print(a // b, a % b, divmod(a, b), a ** b if abs(a) < 1e100 else "-")
print(0.1 + 0.2, 1 / 3, 2 / 3, 1e16 + 1, 3.0 == 3, 3.0 is 3, hash(3.0) == hash(3), hash(0.5), hash(1e300))
print(round(2.5), round(3.5), round(-2.5), round(2.675, 2), round(1234.5678, -2), round(1e20), round(0.5))
print(float("1e3"), float(" -3.5 "), float("1_0.5"), float("infinity"), float(10**20))
for text in ("", "x", "1e", "--1"):
    try:
        float(text)
    except ValueError as error:
        print(error)
print((0.75).as_integer_ratio(), float.fromhex("0x1.8p3"), int(1e20), int(2.9))
for expression in ("1.0 / 0", "1.0 // 0", "1.0 % 0", "2.0 ** 5000", "int(float('nan'))", "int(float('inf'))", "float(10**400)"):
    try:
        print(eval(expression))
    except Exception as error:
        print(type(error).__name__, error)
print(sum([0.1] * 10), sum([1e16, 1, -1e16]), max(1.5, 2), min(0.0, -0.0))
print(3 + 4j, (3 + 4j) * 2j, abs(3 + 4j), (1 + 2j).conjugate(), complex("1-2j"), (1 + 2j) ** 2, 1j * 1j, complex(0, -0.0))
print("%d %i %5.1f %-8s| %08.3f %x %o %c %r %%" % (3.7, 2, 3.14159, "ab", 3.14159, 255, 8, 65, "q"))
