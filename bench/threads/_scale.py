"""Weak scaling: every thread does the same work on the same shared objects; twice the threads are twice the work.

A program calls scale(setup): setup() makes what is shared and returns the work of one thread, a function without arguments
that returns a checksum. `--threads N`, default 1. The time is from the common start to the last end.
"""

import sys
import threading
import time


def scale(setup):
    count = int(sys.argv[2]) if sys.argv[1:2] == ["--threads"] else 1
    work = setup()
    checksums = [None] * count
    ends = [0.0] * count
    barrier = threading.Barrier(count + 1)

    def run(number):
        barrier.wait()
        checksums[number] = work()
        ends[number] = time.perf_counter()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    begin = time.perf_counter()
    barrier.wait()
    for thread in threads:
        thread.join()
    if any(checksum != checksums[0] for checksum in checksums):
        print("threads disagree", checksums)
        sys.exit(1)
    print(checksums[0])
    print(f'{{"seconds": {max(ends) - begin}}}', file=sys.stderr)
