"""A small HTTP/1.1 client that sends the bytes it is given, and one for Redis' protocol.

What is verified is what is measured: the very bytes that wrk sends go through here first.
"""
import dataclasses
import re
import socket


@dataclasses.dataclass
class Response:
    status: int
    headers: dict  # by their names in lower case
    body: bytes
    length: int  # in bytes, head and all


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.received = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, request):
        self.socket.sendall(request)

    def fill(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise SystemExit("compare: the server closed the connection in the middle of an answer")
        self.buffer += data
        self.received += len(data)

    def take(self, length):
        while len(self.buffer) < length:
            self.fill()
        taken = bytes(self.buffer[:length])
        del self.buffer[:length]
        return taken

    def take_line(self):
        end = self.buffer.find(b"\r\n")
        while end < 0:
            self.fill()
            end = self.buffer.find(b"\r\n")
        return self.take(end + 2)[:-2]

    def head(self):
        """The status, and the headers with their names in lower case."""
        status = int(self.take_line().split()[1])
        headers = {}
        while line := self.take_line():
            name, _, text = line.partition(b":")
            headers[name.strip().lower().decode()] = text.strip().decode()
        return status, headers

    def pieces(self, status, headers):
        """The body, piece by piece as it arrives."""
        if headers.get("transfer-encoding") == "chunked":
            while size := int(self.take_line().partition(b";")[0], 16):
                yield self.take(size + 2)[:-2]
            while self.take_line():
                pass
        elif status not in (204, 304):
            left = int(headers["content-length"])
            while left:
                if not self.buffer:
                    self.fill()
                piece = self.take(min(left, len(self.buffer)))
                left -= len(piece)
                yield piece

    def response(self):
        begun = self.received - len(self.buffer)
        status, headers = self.head()
        body = b"".join(self.pieces(status, headers))
        return Response(status, headers, body, self.received - len(self.buffer) - begun)

    def ask(self, request):
        self.send(request)
        return self.response()


def answer_of(port, path):
    """The answer to one GET, over a connection of its own."""
    with Connection(port) as c:
        return c.ask(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())


def metrics(port, *names):
    """What the metrics at this management port say, each the sum over its labels."""
    page = answer_of(port, "/actuator/prometheus?" + "&".join(f"includedNames={name}" for name in names)).body.decode()
    found = []
    for name in names:
        numbers = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", page, re.M)
        if not numbers:
            raise SystemExit(f"compare: no metric {name}: {page[:300]}")
        found.append(sum(map(float, numbers)))
    return found


class Redis(Connection):
    """The same for Redis: commands in, replies out, each as bytes."""

    @staticmethod
    def command(*words):
        parts = [b"*%d\r\n" % len(words)]
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
        return b"".join(parts)

    def reply(self):
        """One reply: a string, a number, or the raw bytes of as many strings as an array has."""
        line = self.take_line()
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            return self.take(int(rest) + 2)[:-2]
        if kind == b"-":
            raise SystemExit(f"compare: Redis answered {rest.decode()}")
        return rest

    def strings(self, each):
        """An array of strings that are all `each` bytes long, in one piece."""
        count = int(self.take_line()[1:])
        return self.take(count * (len(b"$%d\r\n" % each) + each + 2))

    def ask(self, *words):
        self.send(self.command(*words))
        return self.reply()
