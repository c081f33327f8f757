"""Operands and results of the kernels of convolutions."""

import numpy as np
from guarded import guarded

from ckeras.ops.nn.windows import Windows, add_patches, cut_patches, geometry

DTYPES = [np.float32, np.float64]
NONE, RELU, SIGMOID, TANH, RELU6 = range(5)


def activate(x, act):
    return [x, np.maximum(x, 0), 1 / (1 + np.exp(-x)), np.tanh(x), np.clip(x, 0, 6)][act]


class Case:
    """Operands of a convolution, and what its kernels compute, in float64."""

    def __init__(self, shape, channels, dtype, batch=2, kind="conv"):
        self.w, (self.channels, self.filters, self.groups), self.dtype = Windows.over(*shape), channels, dtype
        self.kind, self.batch, self.packs = kind, batch, kind != "conv_depthwise"
        w, groups, rng = self.w, self.groups, np.random.default_rng(0)

        def sample(*size):
            return rng.uniform(-1, 1, size).astype(dtype)

        self.x = sample(batch, *w.inputs, self.channels)
        self.kernel = sample(*w.window, self.channels // groups, self.filters)
        self.bias, self.back_bias = sample(self.filters), sample(self.channels)
        self.g = sample(batch, *w.outputs, self.filters)
        self.m = batch * int(np.prod(w.outputs))

    def _patches(self):
        p = cut_patches(self.x.astype(np.float64), self.w)
        return p.reshape(self.m, self.w.taps, self.groups, -1)

    def _split(self):
        """The kernel as (taps, channels of a group, groups, filters of a group)."""
        return self.kernel.astype(np.float64).reshape(self.w.taps, self.channels // self.groups, self.groups, -1)

    def expected(self):
        return np.einsum("mtgc,tcgf->mgf", self._patches(), self._split(), optimize=True).reshape(self.g.shape)

    def expected_input_grad(self):
        g = self.g.astype(np.float64).reshape(self.batch, *self.w.outputs, self.groups, -1)
        p = np.einsum("...gf,tcgf->...tgc", g, self._split(), optimize=True)
        return add_patches(p.reshape(*p.shape[:-2], -1), self.w)

    def expected_kernel_grad(self):
        g = self.g.astype(np.float64).reshape(self.m, self.groups, -1)
        return np.einsum("mtgc,mgf->tcgf", self._patches(), g, optimize=True).reshape(self.kernel.shape)

    def parameters(self, back, *own):
        w = self.w
        sizes = [self.batch, self.channels, self.filters, self.groups, len(w.inputs)]
        return [DTYPES.index(self.dtype), int(back), *sizes, *own, *geometry(w)]

    def panels(self, back):
        """The packed weights."""
        sources, targets = (self.filters, self.channels) if back else (self.channels, self.filters)
        rows = 36 if self.kind == "conv_winograd" else self.w.taps
        return guarded((rows * sources * -(-(targets // self.groups) // 32) * 32,), self.dtype)

    def _run(self, level, name, shape, inputs, p, scratch=None):
        y, intact = guarded(shape, self.dtype)
        y[...] = np.nan
        level.call(name, [y], inputs if scratch is None else [*inputs, scratch[0]], p)
        assert intact() and (scratch is None or scratch[1]())
        return y

    def conv(self, level, act=NONE, bias=False):
        inputs, panels = [self.x, self.kernel] + [self.bias] * bias, self.panels(False) if self.packs else None
        return self._run(level, self.kind, self.g.shape, inputs, self.parameters(False, act, int(bias), 0), panels)

    def input_grad(self, level, act=NONE, bias=False):
        inputs = [self.g, self.kernel] + [self.back_bias] * bias
        panels = self.panels(True) if self.packs else None
        return self._run(level, self.kind, self.x.shape, inputs, self.parameters(True, act, int(bias), 0), panels)

    def kernel_grad(self, level, parts=1):
        p = self.parameters(False, parts, 0, 0)
        scratch = guarded((parts * self.kernel.size,), self.dtype) if parts > 1 else None
        return self._run(level, f"{self.kind}_kernel_grad", self.kernel.shape, [self.x, self.g], p, scratch)


def assert_close(y, expected, terms):
    """Each term of a sum of products of values in [-1, 1] may cost a rounding."""
    eps = np.finfo(y.dtype).eps
    np.testing.assert_allclose(y, expected, rtol=8 * eps, atol=eps * (terms + 8) / 2)
