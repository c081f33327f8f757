"""The workloads of `workloads.py` in plain PyTorch, written as its users write them.

``python bench/workloads_torch.py xor,mlp`` prints what `workloads.py` prints.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from workloads import call, result, run

WORKLOADS: dict[str, Callable[[Any, Any], Iterator[dict[str, Any]]]] = {}


def workload(function: Callable) -> Callable:
    """Enter a function of ``(torch, numpy)`` that yields results into the table, under its own name."""
    WORKLOADS[function.__name__] = function
    return function


def train(
    torch: Any,
    build: Callable[[], tuple[Any, Any, Any]],
    x: Any,
    y: Any,
    epochs: int,
    batch_size: int,
) -> tuple[float, float]:
    """Seconds until the first step has ended, and seconds a step in the median epoch after the first."""
    start = time.perf_counter()
    model, loss, optimizer = build()

    def step(batch: Any) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss(model(x[batch]), y[batch]).backward()
        optimizer.step()

    step(torch.arange(min(batch_size, len(x))))
    first_s = time.perf_counter() - start
    seconds = []
    for _ in range(epochs):
        begun = time.perf_counter()
        order = torch.randperm(len(x))
        for i in range(0, len(x), batch_size):
            step(order[i : i + batch_size])
        seconds.append(time.perf_counter() - begun)
    return first_s, statistics.median(seconds[1:]) / -(-len(x) // batch_size)


@workload
def xor(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """XOR, one sample a step."""
    nn = torch.nn
    x = torch.tensor([[1, 1], [1, 0], [0, 1], [0, 0]], dtype=torch.float32)
    y = torch.tensor([[0], [1], [1], [0]], dtype=torch.float32)

    def build() -> tuple[Any, Any, Any]:
        model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
        return model, nn.MSELoss(), torch.optim.SGD(model.parameters(), 0.1)

    yield result("xor", *train(torch, build, x, y, epochs=50, batch_size=1))


@workload
def bin(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Two classes from 100 numbers."""
    nn = torch.nn
    x, y = torch.rand(1000, 100), torch.randint(0, 2, (1000, 1)).float()

    def build() -> tuple[Any, Any, Any]:
        model = nn.Sequential(nn.Linear(100, 32), nn.ReLU(), nn.Linear(32, 1), nn.Sigmoid())
        return model, nn.BCELoss(), torch.optim.RMSprop(model.parameters())

    yield result("bin", *train(torch, build, x, y, epochs=10, batch_size=32))


@workload
def mlp(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """784-512-512-10 with Adam, batch 128."""
    nn = torch.nn
    x, y = torch.rand(30000, 784), torch.randint(0, 10, (30000,))

    def build() -> tuple[Any, Any, Any]:
        model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
        return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters())

    yield result("mlp", *train(torch, build, x, y, epochs=3, batch_size=128))


def _recurrent(torch: Any, words: int, size: int, kind: str, units: int, steps: int) -> tuple[float, float]:
    """Train an embedding and a recurrent layer, whose last output is classified."""
    nn = torch.nn
    x, y = torch.randint(0, words, (1024, steps)), torch.randint(0, 2, (1024, 1)).float()

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(words, size)
            self.recurrent = getattr(nn, kind)(size, units, batch_first=True)
            self.dense = nn.Linear(units, 1)

        def forward(self, x: Any) -> Any:
            return self.dense(self.recurrent(self.table(x))[0][:, -1])

    def build() -> tuple[Any, Any, Any]:
        model = Classifier()
        optimizer = torch.optim.RMSprop if kind == "RNN" else torch.optim.Adam
        return model, nn.BCEWithLogitsLoss(), optimizer(model.parameters(), 1e-3)

    return train(torch, build, x, y, epochs=4, batch_size=32)


@workload
def simplernn(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Embedding and RNN(32) over 200 steps, batch 32."""
    yield result("simplernn", *_recurrent(torch, 10000, 32, "RNN", 32, 200))


@workload
def lstm(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Embedding and LSTM(128) over 80 steps, batch 32."""
    yield result("lstm", *_recurrent(torch, 20000, 128, "LSTM", 128, 80))


@workload
def gru(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Embedding and GRU(128) over 80 steps, batch 32."""
    yield result("gru", *_recurrent(torch, 20000, 128, "GRU", 128, 80))


@workload
def embedding(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """A table of a million rows trained by SGD, with sparse gradients, batch 128."""
    nn = torch.nn
    x, y = torch.randint(0, 1000000, (1280, 20)), torch.randint(0, 2, (1280, 1)).float()

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(1000000, 32, sparse=True)
            self.dense = nn.Linear(32, 1)

        def forward(self, x: Any) -> Any:
            return self.dense(self.table(x).mean(1))

    def build() -> tuple[Any, Any, Any]:
        model = Classifier()
        return model, nn.BCEWithLogitsLoss(), torch.optim.SGD(model.parameters(), 0.01)

    yield result("embedding", *train(torch, build, x, y, epochs=4, batch_size=128))


@workload
def convnet(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """The convolutional network of the first tutorials on MNIST, batch 128."""
    nn = torch.nn
    x, y = torch.rand(3200, 1, 28, 28), torch.randint(0, 10, (3200,))

    def build() -> tuple[Any, Any, Any]:
        model = nn.Sequential(
            *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)),
        )
        return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters())

    yield result("convnet", *train(torch, build, x, y, epochs=4, batch_size=128))


@workload
def vgg(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """Pairs of convolutions with batch normalization on images of 32 x 32, batch 64, in the faster memory format."""
    nn = torch.nn
    x, y = torch.rand(1024, 3, 32, 32), torch.randint(0, 10, (1024,))

    def times(memory_format: Any) -> tuple[float, float]:
        def build() -> tuple[Any, Any, Any]:
            layers, channels = [], 3
            for filters in (32, 64, 128):
                for _ in range(2):
                    layers += [nn.Conv2d(channels, filters, 3, padding=1, bias=False), nn.BatchNorm2d(filters)]
                    layers.append(nn.ReLU())
                    channels = filters
                layers.append(nn.MaxPool2d(2))
            model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))
            model = model.to(memory_format=memory_format)
            return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters())

        return train(torch, build, x.to(memory_format=memory_format), y, epochs=4, batch_size=64)

    formats = (torch.contiguous_format, torch.channels_last)
    yield result("vgg", *min((times(of) for of in formats), key=lambda seconds: seconds[1]))


@workload
def predict(torch: Any, np: Any) -> Iterator[dict[str, Any]]:
    """One sample through 100-64-64-10; PyTorch has no ``predict``, only the call."""
    nn = torch.nn
    start = time.perf_counter()
    model = nn.Sequential(
        nn.Linear(100, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10), nn.Softmax(-1)
    )
    x = torch.rand(1, 100)
    built = time.perf_counter() - start
    with torch.no_grad():
        first_s, seconds = call(lambda: model(x), 500)
    yield result("call", built + first_s, seconds)


if __name__ == "__main__":

    def load() -> Any:
        """Import PyTorch."""
        import torch

        return torch

    run(load, WORKLOADS, sys.argv[1].split(","))
