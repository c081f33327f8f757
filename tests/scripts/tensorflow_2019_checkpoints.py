"""In the manner of 2019: eager execution, a model of tf.Module and training loops with checkpoints."""

import os
import tempfile

import tensorflow as tf

assert tf.executing_eagerly()
assert f"hello, {tf.matmul([[2.0]], [[2.0]])}" == "hello, [[4.]]"


class Net(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.l1 = tf.keras.layers.Dense(5)

    def call(self, x):
        return self.l1(x)


def toy_dataset():
    inputs = tf.range(10.0)[:, None]
    labels = inputs * 5.0 + tf.range(5.0)[None, :]
    return tf.data.Dataset.from_tensor_slices({"x": inputs, "y": labels}).repeat().batch(2)


def train_step(net, example, optimizer):
    with tf.GradientTape() as tape:
        output = net(example["x"])
        loss = tf.reduce_mean(tf.abs(output - example["y"]))
    variables = net.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
    return loss


folder = os.path.join(tempfile.mkdtemp(), "tf_ckpts")
losses = []
for run in range(2):
    net, opt = Net(), tf.keras.optimizers.Adam(0.1)
    iterator = iter(toy_dataset())
    ckpt = tf.train.Checkpoint(step=tf.Variable(1), optimizer=opt, net=net)
    manager = tf.train.CheckpointManager(ckpt, folder, max_to_keep=3)
    ckpt.restore(manager.latest_checkpoint)
    assert bool(manager.latest_checkpoint) == (run == 1)
    for _ in range(20):
        loss = train_step(net, next(iterator), opt)
        losses.append(float(loss))
        ckpt.step.assign_add(1)
        if int(ckpt.step) % 10 == 0:
            path = manager.save()

assert int(ckpt.step) == 40 and int(opt.iterations) == 39, (int(ckpt.step), int(opt.iterations))
assert [os.path.basename(p) for p in manager.checkpoints] == ["ckpt-2", "ckpt-3", "ckpt-4"]
assert losses[20] < 0.8 * losses[0]  # the second run continues

x = tf.Variable(10.0)
x.assign(2.0)
saved = tf.train.Checkpoint(x=x).save(os.path.join(folder, "x", "ckpt"))
x.assign(11.0)
tf.train.Checkpoint(x=x).restore(saved).assert_consumed()
assert float(x) == 2.0
