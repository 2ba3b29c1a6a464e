"""Reading and setting a context variable."""

import contextvars

from _scale import scale


variable = contextvars.ContextVar("variable", default=1)


def setup():
    def work():
        total = 0
        for i in range(1_800_000):
            token = variable.set(i)
            total += variable.get()
            variable.reset(token)
        return total

    return work


scale(setup)
