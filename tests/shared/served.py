"""A server on this machine that has given files."""

import http.server
import threading
import urllib.parse


class Served:
    """Context manager: a server of files.

    Attributes:
        files: path -> content; a tuple (content, length) claims another length, and an integer is a status.
        requests: the paths that were asked for.
        address: the address of the server, with a slash at its end.
    """

    def __init__(self, files=()):
        self.files, self.requests = dict(files), []
        served = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = urllib.parse.urlsplit(self.path).path.removeprefix("/")
                served.requests.append(path)
                found = served.files.get(path, 404)
                if isinstance(found, int):
                    self.send_error(found)
                    return
                content, length = found if isinstance(found, tuple) else (found, len(found))
                self.send_response(200)
                if length is not None:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
