a if b else c
not a and b or c
a < b <= c != d is not e not in f
a | b ^ c & d << e >> f + g - h * i / j // k % l @ m
-a ** +b ** ~c
f(a, *b, c=d, **e)(x for x in y)[1](z := 2)
{**a, 'b': c, **d}, {1, *e}, {x: y for x, y in z}, {x for x in y}
[], (), {}, (a,), [*a, b], (yield), (a)
(λ.é, ª)
...
