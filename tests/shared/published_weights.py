"""Loads weight files in the layout that Keras publishes by `weights="imagenet"`, and compares predictions with Keras.

    python tests/shared/published_weights.py --keras KERAS/bin/python [NAME ...]

Keras gives each application random weights (those of `tests/data/make_applications_values.py`), writes them to a file
of the name and format of the published one, and predicts two images. A server on this machine takes the place of
Google's; ckeras downloads the file from there, checks its hash, loads it by the order of layers, and predicts the same
images. Printed are, for each model, the number of weights, the size of the file, and the maximum difference of the
predictions relative to their maximum, which may be 1e-4.
"""

import argparse
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "data"))

LIMIT = 1e-4
TOP = {"classifier_activation": None}  # logits, as the probabilities of 1000 classes are all small
# Name of the model in the table of files, whether with the top -> application, arguments, size of images, their range,
# and a factor of the kernels with which the predictions depend on the image
CASES = {
    ("ResNet50", True): ("ResNet50", TOP, 224, (-1, 1), 1.0),
    ("MobileNetV2 1.0 224", True): ("MobileNetV2", TOP, 224, (-1, 1), 2.4),
    ("EfficientNetB0", True): ("EfficientNetB0", TOP, 224, (0, 255), 2.5),
    ("ConvNeXtTiny", True): ("ConvNeXtTiny", TOP, 224, (0, 255), 1.0),
    ("VGG16", False): ("VGG16", {"include_top": False, "input_shape": (96, 96, 3), "pooling": "avg"}, 96, (-1, 1), 1.0),
    ("DenseNet121", True): ("DenseNet121", TOP, 224, (-1, 1), 1.2),
    ("InceptionV3", True): ("InceptionV3", TOP, 299, (-1, 1), 1.4),
    ("Xception", True): ("Xception", TOP, 299, (-1, 1), 1.0),
}


def images(size, limits):
    """Two images."""
    return np.random.default_rng(5).uniform(*limits, (2, size, size, 3)).astype("float32")


def path_of(folder, key):
    """Path of what Keras writes of a case, without its ending."""
    return pathlib.Path(folder) / key[0].replace(" ", "_")


def write(folder, names):
    """Write the files, and what Keras predicts with them."""
    import h5py
    import keras
    from keras.src.legacy.saving import legacy_h5_format
    from keras.src.utils import file_utils
    from make_applications_values import weight

    for kind in ("VarianceScaling", "Zeros", "Ones", "TruncatedNormal"):  # all weights are replaced
        getattr(keras.initializers, kind).__call__ = lambda self, shape, dtype=None: np.zeros(shape, dtype)
    for key, (application, options, size, limits, gain) in CASES.items():
        if not names or application in names:
            model = getattr(keras.applications, application)(weights=None, **options)
            model.set_weights([weight(i, w.path, tuple(w.shape), gain) for i, w in enumerate(model.weights)])
            path = f"{path_of(folder, key)}.h5"
            with h5py.File(path, "w") as file:
                legacy_h5_format.save_weights_to_hdf5_group(file, model)
            file_utils.get_file = lambda *args, path=path, **others: path
            model = getattr(keras.applications, application)(weights="imagenet", **options)
            np.save(f"{path_of(folder, key)}.npy", model.predict(images(size, limits), verbose=0))


def compare(folder, key):
    """Load the file of a case; (number of weights, difference of predictions relative to their maximum)."""
    from served import Served

    from ckeras import applications
    from ckeras.applications import weight_files

    application, options, size, limits, _ = CASES[key]
    content = pathlib.Path(f"{path_of(folder, key)}.h5").read_bytes()
    published = weight_files.FILES[key]
    kind = hashlib.md5 if published.hash is None or len(published.hash) == 32 else hashlib.sha256
    with Served({published.name: content}) as server:
        address = server.address + published.name
        weight_files.FILES[key] = published._replace(address=address, hash=kind(content).hexdigest())
        model = getattr(applications, application)(weights="imagenet", **options)
    if server.requests != [published.name]:
        raise ValueError(f"expected a request of {published.name!r}, got {server.requests}")
    expected, found = np.load(f"{path_of(folder, key)}.npy"), model.predict(images(size, limits), verbose=0)
    scale = np.abs(expected).max()
    if not np.abs(expected[0] - expected[1]).max() > 1e-3 * scale:
        raise ValueError(f"{key} predicts the same of both images")
    return len(model.weights), float(np.abs(found - expected).max() / scale)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="applications; all by default")
    parser.add_argument("--keras", help="interpreter of an environment with Keras 3.15")
    parser.add_argument("--write", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        write(given.write, given.names)
        return 0
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["KERAS_HOME"] = folder
        for key, (application, *_) in CASES.items():
            if not given.names or application in given.names:
                environment = {**os.environ, "KERAS_BACKEND": "jax", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": ""}
                subprocess.run([given.keras, __file__, "--write", folder, application], check=True, env=environment)
                count, apart = compare(folder, key)
                size = pathlib.Path(f"{path_of(folder, key)}.h5").stat().st_size
                print(f"{application}: {count} weights, {size / 2**20:.0f} MiB, difference {apart:.1e}", flush=True)
                worst = max(worst, apart)
    return not worst <= LIMIT


if __name__ == "__main__":
    sys.exit(main())
