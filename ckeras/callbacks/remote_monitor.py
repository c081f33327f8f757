"""The callback that sends the logs of each epoch to a server."""

import json
import urllib.error
import urllib.parse
import urllib.request

import numpy as np

from ckeras import registry
from ckeras.callbacks.callback import Callback
from ckeras.utils.tracebacks import warn

_SECONDS = 30  # to wait for the server


@registry.callbacks.ship()
class RemoteMonitor(Callback):
    """Sends the logs of each epoch, with the key ``"epoch"``, to a server in an HTTP POST request.

    A server that cannot be reached is warned of; training goes on. What it answers is ignored.

    Args:
        root: Address of the server, with the scheme ``http`` or ``https``.
        path: Path of the request.
        field: Name of the form field that holds the logs as JSON.
        headers: Further headers of the request.
        send_as_json: Whether the body is JSON itself, of content type ``application/json``, instead of a form.

    Raises:
        ValueError: if ``root`` has another scheme.

    Example:
        >>> monitor = RemoteMonitor("http://localhost:9000", headers={"Authorization": "Bearer abc"})
        >>> monitor.root + monitor.path
        'http://localhost:9000/publish/epoch/end/'
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        if urllib.parse.urlsplit(root).scheme not in ("http", "https"):
            raise ValueError(f"RemoteMonitor expects root to begin with http:// or https://, got {root!r}")
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        event = {"epoch": epoch}
        for name, value in (logs or {}).items():
            event[name] = value.item() if isinstance(value, np.ndarray | np.generic) else value
        body, kind = json.dumps(event), "application/json"
        if not self.send_as_json:
            body, kind = urllib.parse.urlencode({self.field: body}), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, **(self.headers or {})}
        request = urllib.request.Request(self.root + self.path, body.encode(), headers, method="POST")
        try:
            urllib.request.urlopen(request, timeout=_SECONDS).close()
        except urllib.error.HTTPError as error:  # an answer of any status
            error.close()
        except OSError as error:
            warn(f"RemoteMonitor could not reach the server at {self.root}: {error}")
