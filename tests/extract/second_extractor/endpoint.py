"""A stand-in for an OpenAI-compatible endpoint on the loopback, honest or not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def completion(content: object) -> bytes:
    """Return the body of a chat completion with this content."""
    text = content if isinstance(content, str) else json.dumps(content)
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


def answers(content: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Behaviour:
    """Return a behaviour that always answers the same."""

    def behave(handler: BaseHTTPRequestHandler, _: dict[str, Any]) -> None:
        body = content if isinstance(content, bytes) else completion(content)
        handler.send_response(status)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return behave


class Endpoint:
    """A running stand-in: its address and what it was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.questions: list[dict[str, Any]] = []
        self.keys: list[str | None] = []


@contextmanager
def endpoint(*behaviours: Behaviour) -> Iterator[Endpoint]:
    """Run a stand-in; the first behaviour answers the first question, the last one all later ones."""
    state = Endpoint("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            question = json.loads(self.rfile.read(length))
            state.questions.append(question)
            state.keys.append(self.headers.get("Authorization"))
            behaviour = behaviours[min(len(state.questions), len(behaviours)) - 1]
            try:
                behaviour(self, question)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
