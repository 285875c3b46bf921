#!/usr/bin/env python3
"""Writes tests/overlay_vectors.json: frames of the overlay extension (docs/protocol.md, 'The overlay extension').

It shares no code with the library, so that a mistake in the library's codec cannot hide in the vectors.

  make_overlay_vectors.py           writes the file anew
  make_overlay_vectors.py --check   exits with 1 where the file is not what would be written

"frames" are as a node sends them; "lenient" are read as their fields say and would be sent otherwise; "malformed" says
what becomes of a frame on a P2P connection of a node that speaks the base protocol only, and of one that speaks the
extension as well: "close" or "ignore".
"""
import hashlib
import json
import os
import socket
import struct
import sys

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "overlay_vectors.json")

HELLO, DATA, IHAVE, GRAFT, PRUNE, PING, PONG, DIGEST = 514, 520, 521, 522, 523, 524, 525, 526
JOIN, NEIGHBOR, DISCONNECT, SHUFFLE, IDONTWANT = 527, 528, 529, 530, 531
NO_TREE = 255
NODE = bytes(range(0xF0, 0x100))


def frame(code, body):
    return struct.pack(">HH", len(body) + 4, code) + body


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def family_of(address):
    return 6 if ":" in address else 4


def hello(version=1, family=None, port=6001, features=0, frame_bytes_max=65535, reserved=0, node=NODE,
          address="192.0.2.7"):
    family = family_of(address) if family is None else family
    fixed = struct.pack(">BBHIHH", version, family, port, features, frame_bytes_max, reserved)
    return fixed + node + packed(address)


def data(tree, hops, ttl, data_type, content, reserved=0):
    return struct.pack(">BBBBH", tree, hops, ttl, reserved, data_type) + content


def content_id(data_type, content):
    return hashlib.sha256(struct.pack(">H", data_type) + content).digest()[:16]


def adverts(*entries):
    return b"".join(bytes([tree]) + content_id(data_type, content) for tree, data_type, content in entries)


def siphash_128(first, second, content):
    """SipHash-2-4 with 128 bits of output; returns the first 64 of them."""
    mask = (1 << 64) - 1
    v = [first ^ 0x736F6D6570736575, second ^ 0x646F72616E646F6D ^ 0xEE, first ^ 0x6C7967656E657261,
         second ^ 0x7465646279746573]

    def turned(word, by):
        return (word << by | word >> 64 - by) & mask

    def rounds(count):
        for _ in range(count):
            v[0] = (v[0] + v[1]) & mask
            v[2] = (v[2] + v[3]) & mask
            v[1] = turned(v[1], 13) ^ v[0]
            v[3] = turned(v[3], 16) ^ v[2]
            v[0] = turned(v[0], 32)
            v[2] = (v[2] + v[1]) & mask
            v[0] = (v[0] + v[3]) & mask
            v[1] = turned(v[1], 17) ^ v[2]
            v[3] = turned(v[3], 21) ^ v[0]
            v[2] = turned(v[2], 32)

    padded = content + bytes(7 - len(content) % 8) + bytes([len(content) & 0xFF])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def bucket_hashes(salt, count, entries):
    """Of each bucket the sum of what the ids in it come to: those whose first bits are its number."""
    hashes = [0] * count
    for data_type, content in entries:
        each = content_id(data_type, content)
        place = each[0] * count // 256
        hashes[place] = (hashes[place] + siphash_128(salt, 0, each)) % (1 << 64)
    return hashes


def digest(salt, flags, hashes, reserved=0, count=None):
    count = len(hashes) if count is None else count
    return struct.pack(">QBBH%dQ" % len(hashes), salt, flags, reserved, count, *hashes)


def hello_row(name, tail=b"", reserved=0, **fields):
    row = {"version": 1, "port": 6001, "features": 0, "frame_bytes_max": 65535, "node": NODE, "address": "192.0.2.7"}
    row.update(fields)
    body = hello(reserved=reserved, **row) + tail
    return {"name": name, "code": HELLO, "fields": {**row, "node": row["node"].hex()}, "hex": frame(HELLO, body).hex()}


def data_row(name, tree, hops, ttl, data_type, content, reserved=0):
    return {
        "name": name, "code": DATA,
        "fields": {"tree": tree, "hops": hops, "ttl": ttl, "data_type": data_type, "data_hex": content.hex()},
        "hex": frame(DATA, data(tree, hops, ttl, data_type, content, reserved)).hex()}


def adverts_row(name, code, *entries):
    fields = [
        {"tree": tree, "data_type": data_type, "data_hex": content.hex(), "id": content_id(data_type, content).hex()}
        for tree, data_type, content in entries]
    return {"name": name, "code": code, "fields": {"entries": fields}, "hex": frame(code, adverts(*entries)).hex()}


def prune_row(name, trees):
    mask = sum(1 << tree for tree in trees)
    return {"name": name, "code": PRUNE, "fields": {"trees": mask}, "hex": frame(PRUNE, struct.pack(">Q", mask)).hex()}


def token_row(name, code, token):
    return {"name": name, "code": code, "fields": {"token": token}, "hex": frame(code, struct.pack(">I", token)).hex()}


def digest_row(name, salt, wants_answer, hashes, reserved=0, more_flags=0, **more):
    fields = {"salt": salt, "wants_answer": wants_answer, "buckets": hashes}
    body = digest(salt, int(wants_answer) | more_flags, hashes, reserved)
    return {"name": name, "code": DIGEST, "fields": fields, "hex": frame(DIGEST, body).hex(), **more}


def digest_rows():
    """The last ones are of caches: "holds" says of which."""
    yield digest_row("digest_least", 0, False, [0])
    yield digest_row("digest_in_order", 0x0102030405060708, True, [0x1112131415161718, 0x2122232425262728])
    yield digest_row("digest_most", (1 << 64) - 1, True, [(1 << 64) - 1] * 256)
    entries = [(540, b"message %d" % number) for number in range(20)]
    salt = 0x0123456789ABCDEF
    for count in (1, 4, 256):
        holds = [{"data_type": data_type, "data_hex": content.hex()} for data_type, content in entries]
        yield digest_row("digest_of_a_cache_%d" % count, salt, False, bucket_hashes(salt, count, entries), holds=holds)


def join(ttl, port, address, family=None):
    return struct.pack(">BBH", ttl, family_of(address) if family is None else family, port) + packed(address)


def choice(number, reserved=0):
    return struct.pack(">B3s", number, bytes([reserved] * 3))


def shuffle(kind, *peers, family=None, reserved=0):
    """An IPv6 address is in brackets."""
    entries = [peer.rsplit(":", 1) for peer in peers]
    body = choice(kind, reserved)
    for host, port in entries:
        address = host.strip("[]")
        body += struct.pack(">BBH", family_of(address) if family is None else family, reserved, int(port))
        body += packed(address)
    return body


def join_row(name, ttl, port, address):
    return {"name": name, "code": JOIN, "fields": {"ttl": ttl, "port": port, "address": address},
            "hex": frame(JOIN, join(ttl, port, address)).hex()}


def choice_row(name, code, field, number, reserved=0):
    return {"name": name, "code": code, "fields": {field: number}, "hex": frame(code, choice(number, reserved)).hex()}


def shuffle_row(name, kind, *peers, reserved=0):
    return {"name": name, "code": SHUFFLE, "fields": {"kind": kind, "peers": list(peers)},
            "hex": frame(SHUFFLE, shuffle(kind, *peers, reserved=reserved)).hex()}


def dont_want_row(name, ttl, data_type, content):
    each = content_id(data_type, content)
    fields = {"ttl": ttl, "data_type": data_type, "data_hex": content.hex(), "id": each.hex()}
    return {"name": name, "code": IDONTWANT, "fields": fields, "hex": frame(IDONTWANT, bytes([ttl]) + each).hex()}


def frames():
    some = [(0, 540, b"hello"), (63, 65535, b""), (NO_TREE, 0, bytes(range(256)))]
    yield hello_row("hello")
    yield hello_row("hello_least", port=0, frame_bytes_max=1024, node=bytes(16), address="0.0.0.0")
    yield hello_row("hello_most", version=255, port=65535, features=0xFFFFFFFF, node=b"\xff" * 16,
                    address="255.255.255.255")
    yield hello_row("hello_in_order", port=0x0203, features=0x04050607, frame_bytes_max=0x0809,
                    node=bytes(range(12, 28)), address="28.29.30.31")
    yield hello_row("hello_ipv6", address="2001:db8::7")
    yield hello_row("hello_ipv6_least", port=0, frame_bytes_max=1024, node=bytes(16), address="::")
    yield hello_row("hello_ipv6_most", version=255, port=65535, features=0xFFFFFFFF, node=b"\xff" * 16,
                    address="ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
    yield hello_row("hello_ipv6_in_order", port=0x0203, features=0x04050607, frame_bytes_max=0x0809,
                    node=bytes(range(12, 28)), address="1c1d:1e1f:2021:2223:2425:2627:2829:2a2b")
    yield data_row("data_small", 7, 3, 5, 540, b"hello")
    yield data_row("data_least", 0, 0, 0, 0, b"")
    yield data_row("data_most", 63, 255, 255, 65535, bytes(range(256)))
    for name, code in (("i_have", IHAVE), ("graft", GRAFT)):
        yield adverts_row(name + "_one", code, some[0])
        yield adverts_row(name + "_by_no_tree", code, some[2])
        yield adverts_row(name + "_three", code, *some)
        yield adverts_row(name + "_twice_the_same", code, some[1], some[1])
    yield prune_row("prune_tree_0", [0])
    yield prune_row("prune_tree_63", [63])
    yield prune_row("prune_some", [0, 7, 8, 33, 62])
    yield prune_row("prune_all", range(64))
    for name, code in (("ping", PING), ("pong", PONG)):
        yield token_row(name + "_least", code, 0)
        yield token_row(name, code, 0x01020304)
        yield token_row(name + "_most", code, 0xFFFFFFFF)
    yield from digest_rows()
    yield join_row("join", 6, 6001, "192.0.2.7")
    yield join_row("join_least", 0, 0, "0.0.0.0")
    yield join_row("join_in_order", 5, 0x0203, "4.5.6.7")
    yield join_row("join_ipv6", 6, 6001, "2001:db8::7")
    yield join_row("join_ipv6_least", 0, 0, "::")
    yield join_row("join_ipv6_in_order", 5, 0x0203, "405:607:809:a0b:c0d:e0f:1011:1213")
    for number, name in enumerate(("low", "high")):
        yield choice_row("neighbor_" + name, NEIGHBOR, "kind", number)
    for number, name in enumerate(("no_room", "probe_over", "leaving")):
        yield choice_row("disconnect_" + name, DISCONNECT, "reason", number)
    yield shuffle_row("shuffle_asks", 0, "192.0.2.7:6001", "198.51.100.1:65535")
    yield shuffle_row("shuffle_answers", 1, "192.0.2.7:6001")
    yield shuffle_row("shuffle_answers_nothing", 1)
    yield shuffle_row("shuffle_most", 0, *("10.0.0.%d:%d" % (i, 1000 + i) for i in range(16)))
    yield shuffle_row("shuffle_ipv6", 0, "[2001:db8::7]:6001")
    yield shuffle_row("shuffle_of_both", 1, "192.0.2.7:6001", "[2001:db8::7]:6002", "[::1]:1", "198.51.100.1:65535",
                      "[fe80::1:2]:3")
    yield shuffle_row("shuffle_ipv6_most", 0, *("[2001:db8::%x]:%d" % (i, 1000 + i) for i in range(16)))
    yield dont_want_row("dont_want_least", 1, 540, b"hello")
    yield dont_want_row("dont_want_most", 255, 65535, b"")


def lenient():
    yield hello_row("hello_reserved_bits", reserved=0xFFFF)
    yield hello_row("hello_of_a_later_version", version=2, tail=b"?")
    yield hello_row("hello_of_a_later_version_ipv6", version=2, tail=b"?", address="2001:db8::7")
    yield hello_row("hello_of_a_later_version_with_much_behind", version=255, tail=bytes(1000))
    yield choice_row("neighbor_reserved_bits", NEIGHBOR, "kind", 1, reserved=0xFF)
    yield choice_row("disconnect_reserved_bits", DISCONNECT, "reason", 2, reserved=0xFF)
    yield shuffle_row("shuffle_ipv6_reserved_bits", 1, "[2001:db8::7]:6001", "192.0.2.7:6001", reserved=0xFF)
    yield shuffle_row("shuffle_reserved_bits", 1, "192.0.2.7:6001", reserved=0xFF)
    yield data_row("data_reserved_bits", 63, 1, 2, 540, b"x", reserved=0xFF)
    yield digest_row("digest_reserved_bits", 1, False, [2, 3], reserved=0xFF, more_flags=0xFE)


def malformed():
    def row(name, code, body, base, extended):
        return {"name": name, "hex": frame(code, body).hex(), "base": base, "extended": extended}

    mine = "2001:db8::7"
    for name, body in (
            ("hello_empty", b""),
            ("hello_31_bytes", hello()[:-1]),
            ("hello_33_bytes", hello() + b"\0"),
            ("hello_version_0", hello(version=0)),
            ("hello_version_0_longer", hello(version=0) + b"\0"),
            ("hello_version_2_31_bytes", hello(version=2)[:-1]),
            ("hello_family_0", hello(family=0)),
            ("hello_family_5", hello(family=5)),
            ("hello_family_10", hello(family=10, address=mine)),
            ("hello_version_2_family_5", hello(version=2, family=5) + bytes(12)),
            ("hello_family_6_32_bytes", hello(family=6)),
            ("hello_family_6_43_bytes", hello(address=mine)[:-1]),
            ("hello_family_6_45_bytes", hello(address=mine) + b"\0"),
            ("hello_family_4_44_bytes", hello(family=4, address=mine)),
            ("hello_version_2_family_6_43_bytes", hello(version=2, address=mine)[:-1]),
            ("hello_family_6_with_ipv4", hello(address="::ffff:192.0.2.7")),
            ("hello_frames_of_0", hello(frame_bytes_max=0)),
            ("hello_frames_of_1023", hello(frame_bytes_max=1023))):
        yield row(name, HELLO, body, "ignore", "close")

    for name, body in (
            ("data_empty", b""),
            ("data_5_bytes", data(0, 0, 0, 0, b"")[:-1]),
            ("data_tree_64", data(64, 0, 0, 540, b"x")),
            ("data_tree_254", data(254, 0, 0, 540, b"x")),
            ("data_by_no_tree", data(NO_TREE, 0, 0, 540, b"x"))):
        yield row(name, DATA, body, "close", "close")

    good = (0, 540, b"hello")
    for kind, code in (("i_have", IHAVE), ("graft", GRAFT)):
        for name, body in (
                ("empty", b""),
                ("16_bytes", adverts(good)[:-1]),
                ("18_bytes", adverts(good) + b"\0"),
                ("tree_64", adverts((64, 540, b"hello"))),
                ("tree_254", adverts((254, 540, b"hello"))),
                ("last_of_tree_64", adverts(good, good, (64, 540, b"hello")))):
            yield row(kind + "_" + name, code, body, "close", "close")

    for name, body in (
            ("empty", b""), ("7_bytes", bytes(6) + b"\1"), ("9_bytes", bytes(8) + b"\1"), ("mask_0", bytes(8))):
        yield row("prune_" + name, PRUNE, body, "close", "close")

    for kind, code in (("ping", PING), ("pong", PONG)):
        for size in (0, 3, 5):
            yield row("%s_%d_bytes" % (kind, size), code, bytes(size), "close", "close")

    one = digest(1, 0, [2])
    for name, body in (
            ("empty", b""), ("11_bytes", one[:11]), ("12_bytes", one[:12]), ("19_bytes", one[:-1]),
            ("21_bytes", one + b"\0"), ("28_bytes", one + bytes(8)), ("0_buckets", digest(1, 0, [])),
            ("0_buckets_and_a_hash", digest(1, 0, [2], count=0)), ("3_buckets", digest(1, 0, [2, 3, 4])),
            ("257_buckets", digest(1, 0, [2] * 257)), ("512_buckets", digest(1, 0, [2] * 512)),
            ("32768_buckets", digest(1, 0, [2], count=32768))):
        yield row("digest_" + name, DIGEST, body, "close", "close")

    for name, body in (
            ("7_bytes", join(0, 1, "192.0.2.7")[:-1]), ("9_bytes", join(0, 1, "192.0.2.7") + b"\0"),
            ("ttl_7", join(7, 1, "192.0.2.7")), ("family_5", join(6, 1, "192.0.2.7", family=5)),
            ("family_6_8_bytes", join(6, 1, "192.0.2.7", family=6)), ("family_6_19_bytes", join(6, 1, mine)[:-1]),
            ("family_6_21_bytes", join(6, 1, mine) + b"\0"), ("family_4_20_bytes", join(6, 1, mine, family=4)),
            ("family_6_ttl_7", join(7, 1, mine)), ("family_6_with_ipv4", join(6, 1, "::ffff:192.0.2.7"))):
        yield row("join_" + name, JOIN, body, "close", "close")
    for kind, code in (("neighbor", NEIGHBOR), ("disconnect", DISCONNECT)):
        for name, body in (
                ("empty", b""), ("3_bytes", choice(0)[:-1]), ("5_bytes", choice(0) + b"\0"),
                ("of_3", choice(3)), ("of_2", choice(2))):
            if (name, code) == ("of_2", DISCONNECT):
                continue
            yield row("%s_%s" % (kind, name), code, body, "close", "close")
    peers = ["10.0.0.%d:1" % i for i in range(17)]
    for name, body in (
            ("empty", b""), ("3_bytes", shuffle(1)[:-1]), ("asks_without_an_address", shuffle(0)),
            ("kind_2", shuffle(2, peers[0])), ("11_bytes", shuffle(0, peers[0])[:-1]),
            ("13_bytes", shuffle(0, peers[0]) + b"\0"), ("17_addresses", shuffle(0, *peers)),
            ("all_that_fit", shuffle(1, *(peers[i % 17] for i in range(8190)))),
            ("family_5", shuffle(0, peers[0], family=5)), ("family_6_12_bytes", shuffle(0, peers[0], family=6)),
            ("family_6_23_bytes", shuffle(0, "[%s]:1" % mine)[:-1]),
            ("family_6_25_bytes", shuffle(0, "[%s]:1" % mine) + b"\0"),
            ("family_4_24_bytes", shuffle(0, "[%s]:1" % mine, family=4)),
            ("16_of_one_and_1_of_the_other", shuffle(0, *peers[:16], "[%s]:1" % mine)),
            ("family_6_with_ipv4", shuffle(0, peers[0], "[::ffff:192.0.2.7]:1"))):
        yield row("shuffle_" + name, SHUFFLE, body, "close", "close")

    one = content_id(540, b"hello")
    for name, body in (("empty", b""), ("16_bytes", one), ("18_bytes", b"\1" + one + b"\0"), ("ttl_0", b"\0" + one)):
        yield row("dont_want_" + name, IDONTWANT, body, "close", "close")

    for code in (532, 539):
        yield row("code_%d" % code, code, b"from the future", "close", "ignore")
    yield row("code_540", 540, b"from the future", "close", "close")


def main():
    vectors = {"frames": list(frames()), "lenient": list(lenient()), "malformed": list(malformed())}
    text = json.dumps(vectors, indent=1) + "\n"
    if sys.argv[1:] == ["--check"]:
        with open(FILE, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit("overlay_vectors.json is not what make_overlay_vectors.py writes")
        return
    with open(FILE, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
