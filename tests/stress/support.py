"""What the stress tests share: threads that do everything to one object until the time is up."""

import os
import random
import threading
import time

SECONDS = float(os.environ.get("OROCHI_STRESS_SECONDS", "2"))
THREADS = 4


def hammer(case, *actions, seconds=None, allowed=()):
    """Runs the actions, chosen at random, in THREADS threads. An exception that is not `allowed` fails the test."""
    deadline = time.monotonic() + (SECONDS / 4 if seconds is None else seconds)
    barrier = threading.Barrier(THREADS)
    problems = []

    def work(seed):
        source = random.Random(seed)
        barrier.wait()
        while not problems and time.monotonic() < deadline:
            for _ in range(100):
                action = source.choice(actions)
                try:
                    action(source.randrange(64))
                except allowed:
                    pass
                except BaseException as error:
                    problems.append(error)
                    return

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
