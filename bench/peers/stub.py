"""A server for bench/compare check, PORT STALL PERIOD: it answers every GET with how many it has answered, also those that
come at once, and stands still for STALL seconds in every PERIOD, whatever waits."""
import selectors
import socket
import sys
import time

port, stall, period = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
answered = 0
selector = selectors.DefaultSelector()
selector.register(socket.create_server(("127.0.0.1", port), backlog=1024), selectors.EVENT_READ)
rest = {}  # of a request whose end has not come, by connection
next_stall = time.monotonic() + period
while True:
    for key, _ in selector.select(0.01):
        if key.data is None:
            connection, _ = key.fileobj.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection, selectors.EVENT_READ, connection)
            rest[connection] = b""
            continue
        try:
            received = key.data.recv(1 << 16)
        except ConnectionError:
            received = b""
        if not received:
            selector.unregister(key.data)
            del rest[key.data]
            key.data.close()
            continue
        *requests, rest[key.data] = (rest[key.data] + received).split(b"\r\n\r\n")
        answer = b""
        for _ in requests:
            answered += 1
            answer += b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n%012d" % answered
        try:
            key.data.sendall(answer)
        except ConnectionError:
            pass  # the next read says so
    if stall and time.monotonic() >= next_stall:
        time.sleep(stall)
        next_stall += period
