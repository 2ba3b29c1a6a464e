"""Raise and catch, also through a call, with finally and with else."""

import sys
import time


def check(i):
    if i & 1:
        raise ValueError(i)
    return i


def hot():
    total = 0
    for i in range(1_200_000):
        try:
            total += check(i)
        except (KeyError, ValueError) as error:
            total += error.args[0]
        finally:
            total -= 1
    for i in range(400_000):
        try:
            raise KeyError
        except LookupError:
            total += 1
    return total


begin = time.perf_counter()
checksum = hot()
seconds = time.perf_counter() - begin
print(checksum)
print(f'{{"seconds": {seconds!r}}}', file=sys.stderr)
