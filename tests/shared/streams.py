"""What gives batches from Python, for the tests of training."""

import itertools

from ckeras import utils


class Rows(utils.PyDataset):
    """Batches of 8 rows of some arrays."""

    def __init__(self, *parts, **options):
        super().__init__(**options)
        self.parts, self.calls = parts, []

    def __len__(self):
        return -(-len(self.parts[0]) // 8)

    def __getitem__(self, i):
        return tuple(part[8 * i : 8 * i + 8] for part in self.parts)

    def on_epoch_begin(self):
        self.calls.append("begin")

    def on_epoch_end(self):
        self.calls.append("end")


class Endless(Rows):
    """The batches again and again."""

    num_batches = None

    def __getitem__(self, i):
        return super().__getitem__(i % len(self))


class Loader:
    """Can be iterated again and again, as a torch DataLoader."""

    def __init__(self, *parts, known=True):
        self.parts, self.known, self.begun = parts, known, 0

    def __iter__(self):
        self.begun += 1
        return ([part[i : i + 8] for part in self.parts] for i in range(0, len(self.parts[0]), 8))

    def __len__(self):
        if not self.known:
            raise TypeError("the length is not known")
        return -(-len(self.parts[0]) // 8)


def generator(*parts, endless=False):
    for _ in itertools.count() if endless else range(1):
        for i in range(0, len(parts[0]), 8):
            yield tuple(part[i : i + 8] for part in parts)
