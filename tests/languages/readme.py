# What README.md's Python takes for granted; its lines come in below. Prints how often the loss was computed.
import numpy

X = numpy.column_stack([numpy.ones(60), numpy.linspace(-1, 1, 60), numpy.cos(numpy.arange(60.0))])
y = (numpy.sin(numpy.arange(60.0) * 7) + X[:, 1] > 0).astype(float)
computed = 0


def loss(b):
    global computed
    computed += 1
    eta = X @ b
    return float(numpy.logaddexp(0, eta) @ numpy.ones(60) - y @ eta + b @ b / 2)


README
print(computed, bool(numpy.abs(X.T @ (1 / (1 + numpy.exp(-X @ x)) - y) + x).max() < 1e-3))
