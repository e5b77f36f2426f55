"""A server that always gives the same answer, piece by piece: for what no well-behaved server would send."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@contextmanager
def serve_canned(pieces: Sequence[str], *, content_type: str = "text/event-stream") -> Iterator[str]:
    """Answer every POST with `pieces`, each in a write of its own; yields the address, on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            try:
                for piece in pieces:
                    self.wfile.write(piece.encode())
                    self.wfile.flush()
            except ConnectionError:  # the client left, which is what some tests are about
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
