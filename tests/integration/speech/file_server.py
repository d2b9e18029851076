"""A file server on the loopback that can do what servers do: ranges or none, cuts, wrong lengths."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Serves `content` at every path. `cut_after` ends each of the first `cuts` answers after so many bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.ranges = True
        self.etag = '"one"'
        self.cuts = 0
        self.cut_after = 0
        self.announced_length: int | None = None
        self.status = 200
        self.requested_ranges: list[str | None] = []
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (http.server's name)
                """Keep the test's output for the test."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.requested_ranges.append(asked)
        if self.status != 200:
            request.send_response(self.status)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        start = self._start(request, asked)
        if start is None:
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(self.content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body = self.content[start:]
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        request.send_header("ETag", self.etag)
        length = len(body) if self.announced_length is None else self.announced_length
        if length >= 0:
            request.send_header("Content-Length", str(length))
        request.end_headers()
        if self.cuts:
            self.cuts -= 1
            body = body[: self.cut_after]
        request.wfile.write(body)
        request.close_connection = True

    def _start(self, request: BaseHTTPRequestHandler, asked: str | None) -> int | None:
        """The first byte to send; None for a range beyond the end."""
        if asked is None or not self.ranges or request.headers.get("If-Range", self.etag) != self.etag:
            return 0
        found = re.fullmatch(r"bytes=(\d+)-", asked)
        assert found is not None
        start = int(found[1])
        return start if start < len(self.content) else None
