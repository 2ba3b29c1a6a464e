"""lock.locked() of a shared lock, and `with` on a lock of one's own."""

import threading

from _scale import scale


def setup():
    shared = threading.Lock()

    def work():
        own, total = threading.Lock(), 0
        for i in range(4_500_000):
            with own:
                if not shared.locked():
                    total += 1
        return total

    return work


scale(setup)
