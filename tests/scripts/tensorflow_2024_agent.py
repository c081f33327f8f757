"""In the manner of 2024: an agent's episodes in TensorArrays, loops over tensors in tf.function."""

import numpy as np
import tensorflow as tf


class ActorCritic(tf.keras.Model):
    def __init__(self, num_actions, num_hidden_units):
        super().__init__()
        self.common = tf.keras.layers.Dense(num_hidden_units, activation="relu")
        self.actor, self.critic = tf.keras.layers.Dense(num_actions), tf.keras.layers.Dense(1)

    def call(self, inputs):
        x = self.common(inputs)
        return self.actor(x), self.critic(x)


tf.random.set_seed(1)
position = np.zeros(4, np.float32)


def env_step(action):
    global position
    position = (position + 0.1 * (action * 2 - 1)).astype(np.float32)
    return position, np.array(1, np.int32), np.array(abs(position[0]) > 0.35, np.int32)


def tf_env_step(action):
    return tf.numpy_function(env_step, [action], [tf.float32, tf.int32, tf.int32])


def run_episode(initial_state, model, max_steps):
    action_probs = tf.TensorArray(dtype=tf.float32, size=0, dynamic_size=True)
    values = tf.TensorArray(dtype=tf.float32, size=0, dynamic_size=True)
    rewards = tf.TensorArray(dtype=tf.int32, size=0, dynamic_size=True)
    state = initial_state
    for t in tf.range(max_steps):
        action_logits, value = model(tf.expand_dims(state, 0))
        action = tf.random.categorical(action_logits, 1)[0, 0]
        values = values.write(t, tf.squeeze(value))
        action_probs = action_probs.write(t, tf.nn.softmax(action_logits)[0, action])
        state, reward, done = tf_env_step(action)
        state.set_shape(initial_state.shape)
        rewards = rewards.write(t, reward)
        if tf.cast(done, tf.bool):
            break
    return action_probs.stack(), values.stack(), rewards.stack()


def get_expected_return(rewards, gamma):
    n = tf.shape(rewards)[0]
    returns = tf.TensorArray(dtype=tf.float32, size=n)
    rewards = tf.cast(rewards[::-1], dtype=tf.float32)
    discounted_sum = tf.constant(0.0)
    for i in tf.range(n):
        discounted_sum = rewards[i] + gamma * discounted_sum
        returns = returns.write(i, discounted_sum)
    return returns.stack()[::-1]


assert np.allclose(get_expected_return(tf.constant([1, 1, 1]), 0.9), [2.71, 1.9, 1.0])
model, optimizer = ActorCritic(2, 8), tf.keras.optimizers.Adam(0.01)
huber = tf.keras.losses.Huber(reduction="sum")
with tf.GradientTape() as tape:
    action_probs, values, rewards = run_episode(tf.constant(position), model, 30)
    returns = get_expected_return(rewards, 0.99)
    loss = -tf.reduce_sum(tf.math.log(action_probs) * (returns - values)) + huber(values, returns)
gradients = tape.gradient(loss, model.trainable_variables)
assert all(g is not None for g in gradients)
optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
assert 1 <= int(tf.reduce_sum(rewards)) <= 30 and optimizer.iterations.numpy() == 1


@tf.function
def collatz(n):
    steps = tf.constant(0)
    while n > 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


assert int(collatz(tf.constant(6))) == 8


@tf.function
def dynamic_rnn(input_data, initial_state):
    input_data = tf.transpose(input_data, [1, 0, 2])
    states = tf.TensorArray(tf.float32, size=tf.shape(input_data)[0])
    state = initial_state
    for i in tf.range(tf.shape(input_data)[0]):
        state = input_data[i] + state
        states = states.write(i, state)
    return tf.transpose(states.stack(), [1, 0, 2])


assert dynamic_rnn(tf.ones((2, 3, 2)), tf.zeros((2, 2))).numpy()[0].tolist() == [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
