"""f-strings, str.format and % with the usual conversions."""

import sys
import time


def hot():
    length = 0
    for i in range(250_000):
        x = i / 7
        length += len(f"{i}: {x:.3f} {i:>8} {'a' if i & 1 else 'b'!r}")
        length += len("{} {:x} {name}".format(i, i, name="n"))
        length += len("%d %s %5.1f" % (i, "text", x))
        length += len(str(i)) + len(repr(x))
    return length


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
