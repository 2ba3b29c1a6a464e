"""Making and dropping objects: nothing is shared but the heap."""

from _scale import scale


class Node:
    def __init__(self, left, right):
        self.left = left
        self.right = right


def tree(depth):
    return Node(tree(depth - 1), tree(depth - 1)) if depth else None


def setup():
    def work():
        total = 0
        for _ in range(150):
            total += tree(13) is not None
        return total

    return work


scale(setup)
