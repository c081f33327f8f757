"""`RemoteMonitor` posts the logs of each epoch to a server, as a form or as JSON."""

import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

from ckeras.callbacks import RemoteMonitor


@pytest.fixture
def server():
    """A server on this machine that notes the requests it gets, and answers with its `status`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.requests.append((self.path, dict(self.headers), body))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *args):
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.requests, made.status = [], 200
    made.address = f"http://127.0.0.1:{made.server_port}"
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


LOGS = {"loss": 0.5, "accuracy": np.float32(0.25), "array": np.array(3.0)}
SENT = {"epoch": 2, "loss": 0.5, "accuracy": 0.25, "array": 3.0}


def test_logs_are_sent_in_a_form(server):
    RemoteMonitor(server.address, headers={"X-Key": "7"}).on_epoch_end(2, dict(LOGS))
    [(path, headers, body)] = server.requests
    assert path == "/publish/epoch/end/" and headers["X-Key"] == "7"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    [(field, value)] = urllib.parse.parse_qsl(body)
    assert field == "data" and json.loads(value) == SENT


def test_logs_are_sent_as_json(server):
    RemoteMonitor(server.address, "/here", "ignored", send_as_json=True).on_epoch_end(2, dict(LOGS))
    [(path, headers, body)] = server.requests
    assert path == "/here" and headers["Content-Type"] == "application/json" and json.loads(body) == SENT


def test_an_error_of_the_server_is_ignored(server):
    server.status = 500
    RemoteMonitor(server.address).on_epoch_end(0, {})
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_warned_of(server):
    address = server.address
    server.shutdown()
    server.server_close()
    with pytest.warns(UserWarning, match="could not reach the server at http://127.0.0.1"):
        RemoteMonitor(address).on_epoch_end(0, {})


def test_other_schemes_are_refused():
    with pytest.raises(ValueError, match="expects root to begin with http"):
        RemoteMonitor("file:///etc")
