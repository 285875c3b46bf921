"""The overlay extension as the tests speak it: a scripted peer that says HELLO, and one that notes every byte."""
import collections
import hashlib
import json
import os
import struct

from wire import DATA_TYPE, HELLO, Peer, frame, pack_address, unpack_address

DATA, IHAVE, GRAFT, PRUNE, PING, PONG, DIGEST, JOIN, NEIGHBOR, DISCONNECT, SHUFFLE, IDONTWANT = range(520, 532)
NO_TREE = 255
FRAME_BYTES_MAX = 65535
ADVERT_BYTES = 17

Hello = collections.namedtuple("Hello", "version server_address features frame_bytes_max node")
Data = collections.namedtuple("Data", "tree hops ttl data_type data")


def content_id(data, data_type=DATA_TYPE):
    return hashlib.sha256(struct.pack(">H", data_type) + data).digest()[:16]


def hello_frame(node, server_address, frame_bytes_max=FRAME_BYTES_MAX):
    address = pack_address(server_address)
    return frame(HELLO, struct.pack(">BB2sIHH", 1, 4, address[4:], 0, frame_bytes_max, 0) + node + address[:4])


def data_frame(data, data_type=DATA_TYPE, tree=0, hops=0, ttl=0):
    return frame(DATA, struct.pack(">BBBBH", tree, hops, ttl, 0, data_type) + data)


def adverts_frame(code, ids, tree=NO_TREE):
    """IHAVE or GRAFT."""
    return frame(code, b"".join(bytes([tree]) + each for each in ids))


def digest_frame(hashes, salt=1, wants_answer=False):
    return frame(DIGEST, struct.pack(">QBBH%dQ" % len(hashes), salt, wants_answer, 0, len(hashes), *hashes))


EMPTY_DIGEST = digest_frame([0])  # of who has nothing


def ids_of(body):
    """The content ids of an IHAVE or a GRAFT."""
    return [body[start + 1:start + ADVERT_BYTES] for start in range(0, len(body), ADVERT_BYTES)]


class OverlayPeer(Peer):
    """A scripted peer that can say HELLO. It does what the test tells it, and answers PINGs while it reads."""

    def say_hello(self):
        """With a node id of its own, and its end of the connection for a server address."""
        self.send(hello_frame(os.urandom(16), self.address))

    def greet(self):
        """HELLO in both directions; returns the daemon's."""
        self.say_hello()
        return self.await_hello()

    def await_hello(self):
        body = self.await_body(HELLO)
        version, _, port, features, frame_bytes_max, _, node, host = struct.unpack(">BB2sIHH16s4s", body)
        return Hello(version, unpack_address(host + port), features, frame_bytes_max, node)

    def _file_frames(self, chunk):
        super()._file_frames(chunk)
        while self._arrived[PING]:
            try:
                self.send(frame(PONG, self._arrived[PING].popleft()))
            except OSError:
                pass  # closed by the daemon, which the next read tells

    def send_data(self, data, **fields):
        self.send(data_frame(data, **fields))

    def send_i_have(self, ids):
        self.send(adverts_frame(IHAVE, ids))

    def send_graft(self, ids):
        self.send(adverts_frame(GRAFT, ids))

    def await_digest(self):
        """Whether it wants an answer, and the hashes."""
        body = self.await_body(DIGEST)
        _, flags, _, count = struct.unpack_from(">QBBH", body)
        return bool(flags & 1), list(struct.unpack_from(">%dQ" % count, body, 12))

    def await_tree_data(self):
        body = self.await_body(DATA)
        tree, hops, ttl, _, data_type = struct.unpack_from(">BBBBH", body)
        return Data(tree, hops, ttl, data_type, body[6:])

    def await_i_have(self):
        return ids_of(self.await_body(IHAVE))

    def await_graft(self):
        return ids_of(self.await_body(GRAFT))


class RecordingPeer(Peer):
    """Keeps what the daemon sent, byte by byte."""

    def __init__(self, connected_socket):
        super().__init__(connected_socket)
        self.received = b""

    def read(self, *arguments, **options):
        chunk = super().read(*arguments, **options)
        self.received += chunk
        return chunk


def records(node, event):
    """The log records of that name that a node with --log-format json has written so far."""
    found = [json.loads(line) for line in node.stderr.snapshot()]
    return [record for record in found if record["event"] == event]


def await_extended(node, count=1):
    """Returns once a node that logs JSON at debug has extended links to that many others, or had."""
    others = set()

    def accepts(line):
        record = json.loads(line)
        if record["event"] == "link_extended":
            others.add(record["node"])
        return len(others) >= count
    node.stderr.await_line(accepts, "%d extended links" % count)
