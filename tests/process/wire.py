"""The wire protocol as the tests speak it.

It shares no code with the daemon, so that a mistake in the daemon's codec cannot hide in the tests.
Every wait has a deadline, every read takes what the socket has, and frames are cut here: nothing assumes
that one receive is one message.
"""
import collections
import os
import socket
import struct
import time

ANNOUNCE, NOTIFY, NOTIFICATION, VALIDATION = 500, 501, 502, 503
PEER_REQUEST, PEER_RESPONSE, PEER_UPDATE, PEER_INIT = 510, 511, 512, 513
HELLO = 514  # of the overlay extension
LOST, FOUND = 0, 1

DATA_TYPE = 540
DATA_BYTES_MAX = 65535 - 8
READ_BYTES = 1 << 18

TIME_FACTOR = float(os.environ.get("GOSSIP_TEST_TIME_FACTOR", "1"))
DEADLINE_SECONDS = 20 * TIME_FACTOR

Announce = collections.namedtuple("Announce", "ttl data_type data")
Notification = collections.namedtuple("Notification", "id data_type data")
PeerUpdate = collections.namedtuple("PeerUpdate", "address ttl kind")


def frame(code, body=b""):
    """One frame: the 4-byte header and the body."""
    return struct.pack(">HH", len(body) + 4, code) + body


def announce_frame(data, data_type=DATA_TYPE, ttl=0):
    return frame(ANNOUNCE, struct.pack(">BBH", ttl, 0, data_type) + data)


def validation_frame(message_id, valid):
    return frame(VALIDATION, struct.pack(">HH", message_id, int(valid)))


def split_address(address):
    """'host:port' as the pair that the socket module wants; an IPv6 address is in brackets."""
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


def join_address(pair):
    return ("[%s]:%d" if ":" in pair[0] else "%s:%d") % pair[:2]


def family_of(address):
    return socket.AF_INET6 if address.startswith("[") else socket.AF_INET


def pack_address(address):
    host, port = split_address(address)
    return socket.inet_aton(host) + struct.pack(">H", port)


def unpack_address(raw):
    return "%s:%d" % (socket.inet_ntoa(raw[:4]), struct.unpack(">H", raw[4:6])[0])


class ConnectionEnded(AssertionError):
    """The daemon closed a connection on which the test still expected something."""


class Connection:
    """One framed TCP connection to a daemon, of either layer. Not thread-safe.

    Arrived frames are filed by code, so that a test which awaits one code neither loses nor stumbles over
    another. Within a code the order of arrival is kept: that order is what proves that something was not sent.
    """

    def __init__(self, connected_socket):
        self._socket = connected_socket
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unframed = bytearray()
        self._arrived = collections.defaultdict(collections.deque)

    @classmethod
    def dial(cls, address, receive_buffer_bytes=None, namespace=None):
        """Connects; a small receive buffer makes a reader that is slow from the first byte on."""
        dialled = namespace.socket() if namespace else socket.socket(family_of(address))
        dialled.settimeout(DEADLINE_SECONDS)
        if receive_buffer_bytes:
            dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        try:
            dialled.connect(split_address(address))
            return cls(dialled)
        except OSError:
            dialled.close()
            raise

    @property
    def address(self):
        """This end's address: the name that the daemon knows the connection by."""
        return join_address(self._socket.getsockname())

    def close(self):
        self._socket.close()

    def reset(self):
        """Closes with a TCP reset instead of an orderly end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def hang_up(self):
        """Ends both directions; who waits in a send or a read of this connection, in any thread, is woken."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other side has ended it

    def send(self, raw):
        self._socket.settimeout(DEADLINE_SECONDS)
        self._socket.sendall(raw)

    def send_until_stuck(self, raw, seconds=0.5):
        """Sends again and again until the other side has taken nothing for that long."""
        self._socket.settimeout(seconds)
        try:
            while True:
                self._socket.sendall(raw)
        except socket.timeout:
            return

    def read(self, deadline=None, bytes_max=READ_BYTES):
        """What the socket has, at least one byte; raises when the daemon closed or the deadline passed."""
        remaining = DEADLINE_SECONDS if deadline is None else deadline - time.monotonic()
        self._socket.settimeout(max(remaining, 0.001))
        try:
            chunk = self._socket.recv(bytes_max)
        except ConnectionError as error:
            raise ConnectionEnded("%s was closed by the daemon: %s" % (self.address, error)) from error
        if not chunk:
            raise ConnectionEnded("%s was closed by the daemon" % self.address)
        return chunk

    def read_slowly(self, bytes_per_second, seconds):
        """Reads at that pace for that long; what came is filed."""
        begin, count = time.monotonic(), 0
        while time.monotonic() < begin + seconds:
            chunk = self.read(bytes_max=bytes_per_second // 20)
            self._file_frames(chunk)
            count += len(chunk)
            time.sleep(max(0, begin + count / bytes_per_second - time.monotonic()))

    def await_body(self, code, seconds=DEADLINE_SECONDS):
        """The body of the next frame with that code."""
        deadline = time.monotonic() + seconds
        while not self._arrived[code]:
            try:
                self._file_frames(self.read(deadline))
            except socket.timeout:
                raise AssertionError("no frame %d came within %g s" % (code, seconds)) from None
        return self._arrived[code].popleft()

    def arrived(self, code):
        """The bodies with that code that are here already and were not taken."""
        return list(self._arrived[code])

    def await_close(self, seconds=DEADLINE_SECONDS):
        """Returns once the daemon has closed the connection; what it sent before that is filed."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self._file_frames(self.read(deadline))
        except ConnectionEnded:
            return
        except socket.timeout:
            raise AssertionError("still open after %g s" % seconds) from None

    def _file_frames(self, chunk):
        self._unframed += chunk
        start, end = 0, len(self._unframed)
        while end - start >= 4:
            size, code = struct.unpack_from(">HH", self._unframed, start)
            if size < 4:
                raise AssertionError("the daemon sent a frame of size %d" % size)
            if end - start < size:
                break
            self._arrived[code].append(bytes(self._unframed[start + 4:start + size]))
            start += size
        del self._unframed[:start]


class Client(Connection):
    """A local program beside a daemon, on its API."""

    def send_announce(self, data, data_type=DATA_TYPE, ttl=0):
        self.send(announce_frame(data, data_type, ttl))

    def send_announces(self, messages, data_type=DATA_TYPE, ttl=0):
        """All messages in one send."""
        self.send(b"".join(announce_frame(data, data_type, ttl) for data in messages))

    def send_notify(self, data_type=DATA_TYPE):
        self.send(frame(NOTIFY, struct.pack(">HH", 0, data_type)))

    def send_validation(self, message_id, valid=True):
        self.send(validation_frame(message_id, valid))

    def await_notification(self, seconds=DEADLINE_SECONDS):
        body = self.await_body(NOTIFICATION, seconds)
        message_id, data_type = struct.unpack_from(">HH", body)
        return Notification(message_id, data_type, body[4:])

    def await_data(self):
        """The data of the next notification."""
        return self.await_notification().data

    def judge(self, valid=True):
        """Votes on the next notification and returns its data."""
        notification = self.await_notification()
        self.send_validation(notification.id, valid)
        return notification.data


class Peer(Connection):
    """A scripted peer on one P2P connection; it does only what the test tells it."""

    def send_announce(self, data, data_type=DATA_TYPE, ttl=0):
        self.send(announce_frame(data, data_type, ttl))

    def send_announces(self, messages, data_type=DATA_TYPE, ttl=0):
        """All messages in one send."""
        self.send(b"".join(announce_frame(data, data_type, ttl) for data in messages))

    def send_peer_request(self, server_address):
        self.send(frame(PEER_REQUEST, pack_address(server_address) + b"\0\0"))

    def send_peer_response(self, addresses):
        self.send(frame(PEER_RESPONSE, b"".join(map(pack_address, addresses))))

    def send_peer_update(self, server_address, ttl=0, kind=FOUND):
        self.send(frame(PEER_UPDATE, pack_address(server_address) + struct.pack(">BB", ttl, kind)))

    def send_peer_init(self, server_address):
        self.send(frame(PEER_INIT, pack_address(server_address)))

    def await_announce(self):
        body = self.await_body(ANNOUNCE)
        ttl, _, data_type = struct.unpack_from(">BBH", body)
        return Announce(ttl, data_type, body[4:])

    def await_data(self):
        """The data of the next announcement."""
        return self.await_announce().data

    def await_peer_request(self):
        """The server address that the daemon gives in its PEER REQUEST."""
        return unpack_address(self.await_body(PEER_REQUEST))

    def await_peer_response(self):
        """The server addresses of the daemon's peers."""
        body = self.await_body(PEER_RESPONSE)
        return [unpack_address(body[start:start + 6]) for start in range(0, len(body), 6)]

    def await_peer_update(self):
        body = self.await_body(PEER_UPDATE)
        return PeerUpdate(unpack_address(body), body[6], body[7])

    def await_peer_init(self):
        """The server address that the daemon gives in its PEER INIT."""
        return unpack_address(self.await_body(PEER_INIT))

    def synchronise(self):
        """Returns the daemon's peers, once it has handled everything that this peer sent before.

        The peer gives its own end of the connection as its server address: unique, and nobody listens there.
        """
        self.send_peer_request(self.address)
        return self.await_peer_response()


class PeerListener:
    """The server socket of a scripted peer: what a daemon dials."""

    def __init__(self, address="127.0.0.1:0"):
        self._socket = socket.create_server(split_address(address), backlog=64)
        self._accepted = []

    @property
    def address(self):
        return join_address(self._socket.getsockname())

    def accept(self, connection_class=Peer):
        """The next connection that a daemon opens to this address."""
        self._socket.settimeout(DEADLINE_SECONDS)
        try:
            accepted = connection_class(self._socket.accept()[0])
        except socket.timeout:
            raise AssertionError("nobody dialled %s within %g s" % (self.address, DEADLINE_SECONDS)) from None
        self._accepted.append(accepted)
        return accepted

    def was_dialled(self):
        """Whether a connection waits that was not accepted yet."""
        self._socket.settimeout(0)
        try:
            self._accepted.append(Peer(self._socket.accept()[0]))
            return True
        except BlockingIOError:
            return False

    def close(self):
        self._socket.close()
        for connection in self._accepted:
            connection.close()
