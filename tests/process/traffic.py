"""Much at once: threads that send or read while the test looks on.

A thread that fails prints why and ends, and what the test then misses fails the test.
"""
import struct
import threading
import time

from wire import DATA_TYPE, DEADLINE_SECONDS, NOTIFICATION, VALIDATION, ConnectionEnded

# Longer than any test takes: who waits so long waits for the end of its connection.
FOREVER_SECONDS = 24 * 3600

_VALIDATION_FRAME = struct.Struct(">HHHH")


class Publishing(threading.Thread):
    """Publishes distinct large messages, as fast as the socket takes them, until told to stop."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self._client = client
        self._stop_asked = threading.Event()
        self.published = 0

    def run(self):
        while not self._stop_asked.is_set():
            self._client.send_announce(b"%08d" % self.published + bytes(60000))
            self.published += 1

    def finish(self):
        self._stop_asked.set()
        self.join()
        self._client.send_announce(b"the end")


class Counting(threading.Thread):
    """Reads until the message b'the end' and notes the numbers of those before it."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self._connection = connection
        self.numbers = []

    def run(self):
        while (data := self._connection.await_data()) != b"the end":
            self.numbers.append(int(data[:8]))


class Sending(threading.Thread):
    """Sends some bytes once, however long the other side takes to read them."""

    def __init__(self, connection, raw):
        super().__init__(daemon=True)
        self._connection = connection
        self._raw = raw

    def run(self):
        self._connection.send(self._raw)


class Flooding(threading.Thread):
    """Sends the same bytes again and again until either side ends the connection."""

    def __init__(self, connection, raw):
        super().__init__(daemon=True)
        self._connection = connection
        self._raw = raw

    def run(self):
        try:
            while True:
                self._connection.send(self._raw)
        except OSError:
            return

    def finish(self):
        self._connection.hang_up()
        self.join()


class Approving(threading.Thread):
    """Approves every notification and notes its data, until the connection ends; the test awaits what it needs."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self._client = client
        self._received = []
        self._changed = threading.Condition()

    def run(self):
        try:
            while True:
                notification = self._client.await_notification(seconds=FOREVER_SECONDS)
                self._client.send_validation(notification.id)
                with self._changed:
                    self._received.append(notification.data)
                    self._changed.notify_all()
        except (ConnectionEnded, OSError):
            return

    def received(self):
        """All so far, in the order in which it came."""
        with self._changed:
            return list(self._received)

    def await_all(self, wanted, seconds=DEADLINE_SECONDS):
        """Returns once all of that has come."""
        missing, looked_at = set(wanted), 0
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                missing.difference_update(self._received[looked_at:])
                looked_at = len(self._received)
                if not missing:
                    return
                if not self._changed.wait(deadline - time.monotonic()):
                    raise AssertionError("%d of %d messages did not come within %g s, such as %r" % (
                        len(missing), len(set(wanted)), seconds, next(iter(missing))))

    def close(self):
        """Ends the connection, and waits until the thread has seen that."""
        self._client.hang_up()
        self.join()


class BulkReader(threading.Thread):
    """Reads an expected number of notifications, all of one size, and approves them if it is a voter.

    It takes large chunks and answers each with one send: the daemon is what is measured, not this reader.
    """

    def __init__(self, client, expected, data_bytes, votes, seconds_max):
        super().__init__(daemon=True)
        self._client = client
        self._expected = expected
        self._frame = struct.Struct(">HHHH%ds" % data_bytes)
        self._votes = votes
        self._seconds_max = seconds_max
        self.received = []

    def run(self):
        deadline = time.monotonic() + self._seconds_max
        unframed = b""
        while len(self.received) < self._expected:
            unframed += self._client.read(deadline)
            whole = len(unframed) - len(unframed) % self._frame.size
            self._take(unframed[:whole])
            unframed = unframed[whole:]

    def _take(self, frames):
        votes = []
        for size, code, message_id, data_type, data in self._frame.iter_unpack(frames):
            if (size, code, data_type) != (self._frame.size, NOTIFICATION, DATA_TYPE):
                raise AssertionError("a frame of size %d and code %d, type %d" % (size, code, data_type))
            self.received.append(data)
            votes.append(_VALIDATION_FRAME.pack(_VALIDATION_FRAME.size, VALIDATION, message_id, 1))
        if self._votes:
            self._client.send(b"".join(votes))
