"""In the manner of 2023: time series, spectrograms and cepstra."""

import numpy as np
import tensorflow as tf

wave = tf.constant(np.sin(np.arange(1600) / 5.0).astype("float32"))
padding = tf.zeros([2000] - tf.shape(wave), dtype=tf.float32)
equal_length = tf.concat([wave, padding], 0)
assert equal_length.shape == (2000,)


def get_spectrogram(waveform):
    return tf.abs(tf.signal.stft(waveform, frame_length=255, frame_step=128))[..., tf.newaxis]


spectrogram = get_spectrogram(wave)
assert spectrogram.shape == (11, 129, 1) and round(float(tf.reduce_max(spectrogram)), 2) == 62.61
stfts = tf.signal.stft(wave, 256, 64)
inverse = tf.signal.inverse_stft(stfts, 256, 64, window_fn=tf.signal.inverse_stft_window_fn(64))
assert np.allclose(inverse[256:1024], wave[256:1024], atol=1e-3)
to_mel = tf.signal.linear_to_mel_weight_matrix(10, 129, 16000, 80.0, 7600.0)
log_mel = tf.math.log(tf.tensordot(tf.abs(stfts), to_mel, 1) + 1e-6)
cepstra = tf.signal.mfccs_from_log_mel_spectrograms(log_mel)[..., :5]
assert cepstra.shape == (22, 5) and abs(float(cepstra[0, 0]) + 13.4) < 0.01
assert int(tf.argmax(tf.abs(tf.signal.rfft(wave)))) == 51
audio, rate = tf.audio.decode_wav(tf.audio.encode_wav(wave[:100, None], 16000))
assert audio.shape == (100, 1) and int(rate) == 16000 and np.allclose(audio[:, 0], wave[:100], atol=1e-4)


class WindowGenerator:
    def __init__(self, input_width, label_width, shift, data):
        self.data = data
        self.input_width, self.label_width, self.total = input_width, label_width, input_width + shift

    def split_window(self, features):
        inputs = features[:, : self.input_width, :]
        labels = tf.stack([features[:, self.total - self.label_width :, 1]], axis=-1)
        inputs.set_shape([None, self.input_width, None])
        labels.set_shape([None, self.label_width, None])
        return inputs, labels

    @property
    def train(self):
        ds = tf.keras.utils.timeseries_dataset_from_array(
            data=self.data, targets=None, sequence_length=self.total, sequence_stride=1, shuffle=True, batch_size=8
        )
        return ds.map(self.split_window)


window = WindowGenerator(6, 1, 1, np.random.RandomState(0).rand(40, 3).astype("float32"))
inputs, labels = next(iter(window.train))
assert inputs.shape == (8, 6, 3) and labels.shape == (8, 1, 1)


class Baseline(tf.keras.Model):
    def call(self, inputs):
        return inputs[:, -1:, 1][:, :, tf.newaxis]


baseline = Baseline()
baseline.compile(loss=tf.keras.losses.MeanSquaredError(), metrics=[tf.keras.metrics.MeanAbsoluteError()])
assert len(baseline.evaluate(window.train, verbose=0)) == 2
