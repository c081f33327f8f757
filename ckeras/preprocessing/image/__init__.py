"""``keras.preprocessing.image``: image files as arrays, and random transformations of images."""
