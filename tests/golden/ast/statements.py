x: int = 1
(y): str
a, *b = c = yield_ = d
a.b += c[1:2, ::3]
del x, (y, z), w[0]
assert a, "b"
global g, h
raise E from e
import a.b as c, d
from ..m import (x as y, z,)
from . import *
return_ = lambda a, /, b=1, *c, d=2, **e: (a, b)
if a: pass
elif b: pass
else:
    pass;
while a:
    break
else:
    continue
for i, (j, k) in l, m: pass
with (a as b, c as (d, e)): pass
with (a), b as c: pass
try:
    a
except* E as e:
    b
else:
    c
finally:
    d
