"""Convolutions in plans: bias and activation in the kernel, weights packed ahead, and products where they suffice."""

import numpy as np
import pytest
from plans import plan_of

from ckeras import GradientTape, activations, ops
from ckeras._kernels import level
from ckeras.tensor import Variable


def sample(*shape):
    return np.random.default_rng(shape).uniform(-1, 1, shape).astype("float32")


def labels(plan):
    return [i.label for i in plan.instructions]


X, KERNEL, BIAS = sample(2, 9, 8, 6), sample(3, 2, 6, 5), sample(5)
# options of conv, and a kernel that fits
CASES = [
    ({}, KERNEL),
    ({"strides": 2, "padding": "same"}, KERNEL),
    ({"dilation_rate": 2}, sample(3, 2, 3, 5 * 2)),
    ({"padding": "same"}, sample(3, 3, 1, 6)),
]


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh", "relu6"])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_bias_and_activation_are_part_of_the_convolution(case, activation):
    options, kernel = CASES[case]
    bias, act = sample(kernel.shape[-1]), activations.get(activation)

    def f(x, kernel, bias):
        return act(ops.conv(x, kernel, **options) + bias)

    plan = plan_of(f, X, kernel, bias)
    assert labels(plan) == ["fused_conv"]
    expected = act(ops.add(ops.conv(X, kernel, **options), bias))
    np.testing.assert_allclose(plan.run([X, kernel, bias])[0], expected, 1e-5, 1e-6)
    only = plan_of(lambda x, kernel: act(ops.conv(x, kernel, **options)), X, kernel)
    assert labels(only) == (["conv"] if activation == "linear" else ["fused_conv"])
    np.testing.assert_allclose(only.run([X, kernel])[0], act(ops.conv(X, kernel, **options)), 1e-5, 1e-6)


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(
    ("options", "kernel"),
    [
        ({}, sample(3, 2, 5, 6)),
        ({"strides": 2, "padding": "same"}, sample(3, 2, 5, 6)),
        ({"strides": 4}, sample(3, 2, 3, 6)),  # some results meet no tap; few channels
        ({}, sample(1, 1, 5, 6)),
    ],
)
def test_bias_and_activation_are_part_of_the_transposed_convolution(options, kernel, activation):
    bias, act = sample(kernel.shape[-2]), activations.get(activation)

    def f(x, kernel, bias):
        return act(ops.conv_transpose(x, kernel, **options) + bias)

    plan = plan_of(f, X, kernel, bias)
    assert labels(plan) == ["fused_conv_input_grad"]
    expected = act(ops.add(ops.conv_transpose(X, kernel, **options), bias))
    np.testing.assert_allclose(plan.run([X, kernel, bias])[0], expected, 1e-5, 1e-6)


def test_what_is_no_bias_is_added_by_itself():
    for other in (sample(9, 8, 6), sample(1)):
        plan = plan_of(lambda x, k, other: ops.conv(x, k, padding="same") + other, X, sample(3, 3, 6, 6), other)
        assert labels(plan) == ["conv", "add"]


def test_gradients_are_those_without_fusion():
    x, kernel, bias = map(ops.convert_to_tensor, (X, KERNEL, BIAS))

    def gradients(x, kernel, bias):
        with GradientTape() as tape:
            for v in (x, kernel, bias):
                tape.watch(v)
            y = ops.relu(ops.conv(x, kernel, 2) + bias)
        return tape.gradient(y, [x, kernel, bias])

    plan = plan_of(gradients, X, KERNEL, BIAS)
    assert labels(plan)[0] == "fused_conv"
    for found, expected in zip(plan.run([X, KERNEL, BIAS]), gradients(x, kernel, bias), strict=True):
        np.testing.assert_allclose(found, expected, 1e-5, 1e-5)


@pytest.mark.parametrize("groups", [1, 2])
def test_weights_are_packed_in_the_prologue(groups):
    kernel, bias = Variable(sample(3, 3, 6 // groups, 34)), Variable(sample(34))
    plan = plan_of(lambda x: ops.relu(ops.conv(x, kernel, 2, "same") + bias), X)
    assert (labels(plan.prologue), labels(plan)) == (["pack_conv_weights"], ["packed_conv"])
    for _ in range(2):
        expected = ops.relu(ops.conv(X, kernel, 2, "same") + bias)
        np.testing.assert_allclose(plan.run([X])[0], expected, 1e-5, 1e-5)
        kernel.assign(kernel * 2)


def test_transformed_weights_are_packed_in_the_prologue():
    """A convolution by Winograd's method reads the weights themselves, too, where a result is not finite."""
    x, kernel, bias = sample(1, 14, 15, 33), Variable(sample(3, 3, 33, 34)), Variable(sample(34))
    plan = plan_of(lambda x: ops.relu(ops.conv(x, kernel, padding="same") + bias), x)
    assert (labels(plan.prologue), labels(plan)) == (["pack_winograd_weights"], ["packed_winograd"])
    for value in (x[0, 3, 4, 5], np.inf):
        x[0, 3, 4, 5] = value
        expected = np.maximum(ops.conv(x.astype("float64"), ops.cast(kernel, "float64"), padding="same") + bias, 0)
        np.testing.assert_allclose(plan.run([x])[0], expected, 1e-5, 1e-4)
        kernel.assign(kernel * 2)


def test_depthwise_weights_are_not_packed():
    kernel = Variable(sample(3, 3, 6, 2))
    plan = plan_of(lambda x: ops.depthwise_conv(x, kernel), X)
    assert plan.prologue is None and labels(plan) == ["conv"]
    np.testing.assert_array_equal(plan.run([X])[0], ops.depthwise_conv(X, kernel))


def test_windows_of_one_element_are_products():
    kernel, bias = Variable(sample(1, 1, 6, 34)), Variable(sample(34))
    plan = plan_of(lambda x: ops.tanh(ops.conv(x, kernel) + bias), X)
    assert labels(plan) == ["packed_dense" if "gemm_pack" in level.kernels else "dense"]
    expected = np.tanh(X.reshape(-1, 6) @ kernel.numpy()[0, 0] + bias.numpy()).reshape(2, 9, 8, 34)
    np.testing.assert_allclose(plan.run([X])[0], expected, 1e-5, 1e-6)
    plan = plan_of(lambda x: ops.conv(x, kernel, 2), X)
    assert labels(plan) == ["packed_conv"]
    np.testing.assert_allclose(plan.run([X])[0], X[:, ::2, ::2] @ kernel.numpy()[0, 0], 1e-5, 1e-6)


PADDED = [
    # widths of the padding before and after, kernel, options
    (((1, 1), (1, 1)), KERNEL, {}),
    (((0, 2), (3, 0)), KERNEL, {"strides": 2}),
    (((0, 1), (0, 1)), sample(3, 3, 1, 6), {"strides": (2, 1)}),
    (((4, 3), (5, 6)), KERNEL, {"dilation_rate": 2}),  # windows that read padding alone
]


@pytest.mark.parametrize("case", range(len(PADDED)))
def test_zeros_around_images_are_padding_of_the_convolution(case):
    widths, kernel, options = PADDED[case]

    def gradients(x, kernel):
        with GradientTape() as tape:
            tape.watch([x, kernel])
            y = ops.conv(ops.pad(x, [(0, 0), *widths, (0, 0)]), kernel, **options)
        return [y, *tape.gradient(y, [x, kernel], output_gradients=ops.sin(y))]

    plan = plan_of(gradients, X, kernel)
    assert not {"pad", "strided_slice"} & set(labels(plan))
    expected = gradients(ops.convert_to_tensor(X), ops.convert_to_tensor(kernel))
    for found, value in zip(plan.run([X, kernel]), expected, strict=True):
        np.testing.assert_allclose(found, value, 1e-4, 1e-5)


@pytest.mark.parametrize(("value", "width"), [(1.0, (0, 0)), (0.0, (1, 0))])
def test_other_padding_stays(value, width):
    def f(x, kernel):
        return ops.conv(ops.pad(x, [width, (1, 1), (1, 1), (0, 0)], constant_values=value), kernel)

    plan = plan_of(f, X, KERNEL)
    assert "pad" in labels(plan)
    np.testing.assert_allclose(plan.run([X, KERNEL])[0], f(X, KERNEL), 1e-5, 1e-6)


def test_a_part_of_a_transposed_convolution():
    kernel = sample(3, 2, 5, 6)

    def f(x, kernel):
        y = ops.conv_transpose(x, kernel, 2)
        return y[:, 1:-2, 3:, :]

    plan = plan_of(f, X, kernel)
    assert labels(plan) == ["conv_input_grad"]
    np.testing.assert_allclose(plan.run([X, kernel])[0], f(ops.convert_to_tensor(X), kernel), 1e-5, 1e-6)


def test_a_transposed_convolution_that_is_also_read_in_full_is_computed_once():
    kernel = sample(3, 2, 5, 6)

    def f(x, kernel):
        y = ops.conv_transpose(x, kernel, 2)
        return ops.sum(y), y[:, 1:, :, :]

    plan = plan_of(f, X, kernel)
    assert labels(plan).count("conv_input_grad") == 1
    for found, value in zip(plan.run([X, kernel]), f(ops.convert_to_tensor(X), kernel), strict=True):
        np.testing.assert_allclose(found, value, 1e-4, 1e-5)


@pytest.mark.parametrize(
    ("size", "channels", "filters", "kernel"),
    [
        (16, 32, 32, "conv_winograd_kernel_grad"),
        (16, 31, 32, "conv_kernel_grad"),
        (4, 32, 32, "conv_kernel_grad"),  # few tiles
        (18, 32, 1, "conv_kernel_grad"),
    ],
)
def test_the_kernel_of_a_gradient(size, channels, filters, kernel):
    x, g = sample(2, size, size, channels), sample(2, size, size, filters)

    def f(x, g):
        with GradientTape() as tape:
            w = ops.zeros((3, 3, channels, filters))
            tape.watch(w)
            y = ops.conv(x, w, padding="same")
        return (tape.gradient(y, w, output_gradients=g),)

    plan = plan_of(f, x, g)
    assert plan.instructions[-1].kernel == kernel
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    for u, v in np.ndindex(3, 3):
        expected = np.einsum("bijc,bijf->cf", padded[:, u : u + size, v : v + size].astype("float64"), g)
        np.testing.assert_allclose(plan.run([x, g])[0][u, v], expected, 1e-4, 1e-4)
