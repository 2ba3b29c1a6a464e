"""threading.local."""

import threading

from _scale import scale


def setup():
    local = threading.local()

    def work():
        local.value = 0
        for i in range(1_500_000):
            local.value += i
        return local.value

    return work


scale(setup)
