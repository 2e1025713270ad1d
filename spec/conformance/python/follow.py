"""Follows a recorded connection and compares the state that it ends in: python3 follow.py RECORDING"""

import json
import sys
from typing import Any, Dict, Optional

from deltawire import json_codec
from deltawire.consumer import Consumer
from deltawire.errors import DeltawireError
from deltawire.frame import check_frame
from deltawire.msgpack_reader import MsgpackReader
from deltawire.state import canonical


def expected_of(stated: Dict[str, Any], got: Optional[Dict[str, Any]]) -> str:
    """The canonical text of a recorded state; an epoch and a version that it leaves out are not compared."""
    version = {"epoch": got["epoch"], "seq": got["seq"]} if got else {"epoch": "-", "seq": 0}
    frame = {"channel": "-", "request": 0, **version, **stated, "type": "snapshot"}
    return canonical(check_frame(frame, binary=False))


def main(recording: str) -> int:
    with open(recording, encoding="utf-8") as file:
        head, *messages, tail = [json.loads(line) for line in file if line.strip()]
    consumer = Consumer(head["channel"])
    reader = MsgpackReader(state_of=lambda channel: consumer.state if channel == consumer.channel else None)
    for number, message in enumerate(messages, 2):
        try:
            frame: Optional[Dict[str, Any]]
            if head["subprotocol"] == "deltawire.v1.json":
                frame = json_codec.read(message.get("text"))
            else:
                frame = reader.read(bytes.fromhex(message.get("hex", "")))
        except DeltawireError as failure:
            if failure.code != "unknown_frame":
                print(f"line {number}: {failure}", file=sys.stderr)
            continue
        if frame is None:
            continue
        if frame["type"] == "subscribed" and frame["channel"] == head["channel"]:
            # The requests themselves are not recorded.
            consumer.expect(frame["request"])
        consumer.handle(frame)
    got = canonical(consumer.state) if consumer.state else "null"
    print(got)
    expected = expected_of(tail["state"], consumer.state)
    print(f"{len(messages)} messages, {consumer.counts}", file=sys.stderr)
    if got != expected:
        print(f"the recorded state differs:\n{expected}", file=sys.stderr)
    return int(got != expected)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
