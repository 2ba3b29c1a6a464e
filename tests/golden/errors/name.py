import collections


def total(values):
    counter = collections.Counter(values)
    return sum(count for count in conter.values())


print("before")
print(total([1, 2]) + (3
                       * 4))
