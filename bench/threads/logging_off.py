"""Logging calls of a disabled level."""

import logging

from _scale import scale


def setup():
    logger = logging.getLogger("bench.threads")
    logger.setLevel(logging.ERROR)

    def work():
        for i in range(4_000_000):
            logger.debug("value %d", i)
        return logger.isEnabledFor(logging.INFO)

    return work


scale(setup)
