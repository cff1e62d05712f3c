"""Servers on localhost that say nothing, for what a browser does not read from files."""

from __future__ import annotations

import functools
import gzip
import http.server
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

#: Types that a browser insists on. Windows' registry may call a script plain text.
KINDS = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line on stderr for each."""

    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, **KINDS}  # noqa: RUF012

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class PagesHandler(QuietHandler):
    """Serve files as GitHub Pages does: text is compressed, and all is kept for ten minutes."""

    protocol_version = "HTTP/1.1"  # one connection for many files
    compressed = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".xml", ".txt"}  # noqa: RUF012

    def end_headers(self) -> None:
        """Let browsers keep what they get."""
        self.send_header("Cache-Control", "max-age=600")
        super().end_headers()

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        """Compress what is text, for a browser that takes it."""
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        takes = "gzip" in self.headers.get("Accept-Encoding", "")
        if not takes or path.suffix not in self.compressed or not path.is_file():
            return super().send_head()
        content = gzip.compress(path.read_bytes(), compresslevel=6)
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Vary", "Accept-Encoding")
        self.end_headers()
        return io.BytesIO(content)


@contextmanager
def running(server: http.server.ThreadingHTTPServer) -> Iterator[str]:
    """Answer requests in the background, give the address, and stop in the end."""
    with server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serve(folder: Path, kind: type[QuietHandler] = QuietHandler) -> Iterator[str]:
    """Serve a folder on a free port of this machine alone, and give its address."""
    handler = functools.partial(kind, directory=str(folder))
    with running(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)) as address:
        yield address
