"""A mail server for tests: takes what it is given over a real connection and keeps it."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.policy import default


@dataclass
class Mailbox:
    """What came, and whether the server takes it.

    Parameters
    ----------
    port
        Where it listens on loopback.
    refuses
        Refuse every message, as a full mailbox would.
    """

    port: int = 0
    refuses: bool = False
    taken: list[tuple[tuple[str, ...], Message]] = field(default_factory=list)

    def texts_to(self, address: str) -> list[tuple[str, str]]:
        """Return subject and text of each message to an address."""
        found = []
        for recipients, message in self.taken:
            if address in recipients:
                part = message.get_body(("plain",)) if hasattr(message, "get_body") else message
                found.append((str(message["Subject"]), part.get_content()))
        return found


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Take mail on a free loopback port (RFC 5321, the commands a client needs)."""
    mailbox = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            recipients: list[str] = []
            self.wfile.write(b"220 test ESMTP\r\n")
            while line := self.rfile.readline().strip():
                command = line.upper()
                answer = b"250 OK"
                if command.startswith(b"RCPT TO:"):
                    answer = b"552 mailbox full" if mailbox.refuses else answer
                    recipients.append(line.partition(b"<")[2].partition(b">")[0].decode())
                elif command == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = []
                    while (body := self.rfile.readline()) != b".\r\n":
                        lines.append(body)
                    message = email.message_from_bytes(b"".join(lines), policy=default)
                    mailbox.taken.append((tuple(recipients), message))
                    recipients = []
                elif command == b"QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                self.wfile.write(answer + b"\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    mailbox.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield mailbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
