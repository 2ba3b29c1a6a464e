for a in (0, 1, -1, 7, -7, 2**62 - 1, 2**62, -2**62, -2**62 - 1, 2**63, 2**64, 10**30, -10**30):
    print(a, a + 1, a - 1, -a, ~a, abs(a), a * a, a * 3, bool(a), a.bit_length(), a.bit_count())
    for b in (3, -3, 2**61, -2**65):
        print(" ", b, a + b, a - b, a * b, a // b, a % b, divmod(a, b), a & b, a | b, a ^ b, a < b, a == b)
        print("  ", a / b)
    print(a << 5, a >> 3, a >> 100, hex(a), oct(a), bin(a), f"{a:,} {a:x} {a:+d} {a:e}", hash(a))
print(pow(3, 100), pow(3, -1, 7), pow(2, 200, 1000007), 2**-2, 0**0)
print(int("  -12_000 "), int("ff", 16), int("0b101", 0), int(3.99), int(-3.99), int("٣"))
print((1234).to_bytes(3, "big"), int.from_bytes(b"\xff\xfe", "little", signed=True), (255).to_bytes(1))
for text in ("", "1_", "0x", "1.5", "12a", "é"):
    try:
        int(text)
    except ValueError as error:
        print(error)
for expression in ("1 // 0", "1 % 0", "1 / 0", "0 ** -1", "1 << -1", "2 ** 0.5", "(-8) ** (1/3)", "10**400 / 3", "1 + 'a'", "'a' * 'b'", "-'x'"):
    try:
        print(eval(expression))
    except Exception as error:
        print(type(error).__name__, error)
print(round(12345, -2), round(15, -1), round(25, -1), round(-15, -1))
print(True + True, True & False, True ^ True, ~7, isinstance(True, int), int.__name__)
print(sum(range(101)), max(3, 1, 2), min([4, 2, 8]), sum([[1], [2]], []))
print(123456789**20)
