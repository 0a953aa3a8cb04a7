"""A console that costs nothing to start: it says what it is told, and ends when it is asked to."""

import json
import os
import sys
import time

from textual_serve._binary_encode import dump

FILE = {
    "type": "deliver_file_start",
    "key": "k",
    "path": 'a"\nb\u00e9.html',
    "open_method": "browser",
    "mime_type": "text/html",
    "encoding": None,
}
Packet = tuple[bytes, bytes]


def send_packet(kind: bytes, payload: bytes) -> None:
    os.write(1, kind + len(payload).to_bytes(4, "big") + payload)


def heard() -> Packet:
    kind = sys.stdin.buffer.read(1)
    return kind, sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "big"))


def main() -> None:
    if "--fails" in sys.argv:
        sys.exit("this console\x1b[2J cannot start")
    os.write(1, b"__GANGLION__\n")
    send_packet(b"D", f"pid {os.getpid()} of {os.environ['COLUMNS']} columns".encode())
    if "--hangs" in sys.argv:
        time.sleep(60)
    parts = [b"", b"<script>"]
    while True:
        kind, payload = heard()
        if not kind or (kind == b"M" and json.loads(payload)["type"] == "quit"):
            time.sleep(0.4 if "--lingers" in sys.argv else 0)
            return
        if payload == b"f":
            send_packet(b"M", json.dumps(FILE).encode())
            continue
        if kind == b"M" and json.loads(payload)["type"] == "deliver_chunk_request":
            send_packet(b"P", dump(("deliver_chunk", "k", parts.pop())))
            continue
        if payload == b"q":
            send_packet(b"M", b'{"type": "exit"}')
            return
        send_packet(b"D", kind + payload)


main()
