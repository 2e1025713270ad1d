"""The consumer engine of one channel (sections 6.1 to 6.3, 6.6)."""

from typing import Any, Dict, List, Optional

from . import reducer, text
from .errors import MAX_MESSAGES, MAX_PARTS, DeltawireError, malformed
from .state import CONTENT, State, check_size, content_of, empty, place_of, size_of

Record = Dict[str, Any]


class Consumer:
    """`handle` takes the frames of the channel; `sent` holds the frames that the engine sends."""

    def __init__(self, channel: str, state: Optional[State] = None) -> None:
        self.channel = channel
        self.state = state
        self.latest = 0  # the request of the latest subscribe
        self.outstanding = False  # whether the answer to it is not whole
        self.sent: List[Record] = []
        self.failed: Optional[DeltawireError] = None
        self.counts = {"applied": 0, "resets": 0, "dropped": 0, "repeated": 0, "gaps": 0, "failures": 0}
        self._chunks: Optional[State] = None
        self._is_suspect = False  # a snapshot was forced, and no digest has matched since

    def subscribe(self, whole: bool = False) -> None:
        """Asks to join, resume or be repaired; `whole` forces a snapshot."""
        frame = {"type": "subscribe", "channel": self.channel, "request": self.latest + 1}
        if self.state is not None and not whole:
            frame.update(epoch=self.state["epoch"], seq=self.state["seq"])
        self.expect(frame["request"])
        self.sent.append(frame)

    def expect(self, request: int) -> None:
        self.latest, self.outstanding, self._chunks = request, True, None

    def handle(self, frame: Record) -> None:
        handler = getattr(self, "_on_" + frame["type"], None)
        if handler is not None and self.failed is None and frame.get("channel") == self.channel:
            handler(frame)

    def _is_answer(self, frame: Record) -> bool:
        current = self.outstanding and frame["request"] == self.latest
        self.counts["dropped"] += not current
        return current

    def _on_subscribed(self, frame: Record) -> None:
        if self._is_answer(frame) and frame["answer"] == "current":
            self.outstanding = False

    def _on_error(self, frame: Record) -> None:
        if "request" in frame and self._is_answer(frame):
            self.outstanding = False
            self.failed = DeltawireError(frame["code"], frame["message"])

    def _on_changes(self, frame: Record) -> None:
        if "request" in frame:
            if not self._is_answer(frame):
                return
            self.outstanding = False
        elif self.outstanding or self.state is None:
            self.counts["dropped"] += 1
            return
        elif frame["from"] != self.state["seq"] and frame["to"] <= self.state["seq"]:
            self.counts["repeated"] += 1
            return
        if self.state is None or frame["from"] != self.state["seq"]:
            self._gap()
            return
        before = self.state
        try:
            self.state = reducer.apply(before, frame)
        except DeltawireError as failure:
            self._fail(failure)
            return
        self.counts["applied"] += 1
        if any(change["type"] == "message_completed" and change["digests"] for change in frame["changes"]):
            self._is_suspect = False

    def _on_checkpoint(self, frame: Record) -> None:
        if self.outstanding or self.state is None or frame["seq"] < self.state["seq"]:
            return
        if frame["seq"] > self.state["seq"]:
            self._gap()
            return
        digest = None
        messages = self.state["messages"]
        place = place_of(messages, frame["message"])
        if place >= 0:
            parts = messages[place]["parts"]
            place = place_of(parts, frame["part"])
            digest = text.digest(content_of(parts[place])) if place >= 0 and parts[place]["kind"] != "json" else None
        if digest == (frame["length"], frame["crc32"]):
            self._is_suspect = False
        else:
            self._fail(DeltawireError("digest_mismatch", f"held {digest}"))

    def _on_snapshot(self, frame: Record) -> None:
        if not self._is_answer(frame):
            return
        try:
            self._join(frame)
        except DeltawireError as failure:
            self._fail(failure)
            return
        if "more" not in frame:
            self.state, self._chunks, self.outstanding = self._chunks, None, False
            self.counts["resets"] += 1

    def _join(self, frame: Record) -> None:
        """Adds a chunk to those before it."""
        chunks = self._chunks
        if chunks is None or (chunks["epoch"], chunks["seq"]) != (frame["epoch"], frame["seq"]):
            chunks = self._chunks = {**empty(frame["epoch"], frame["seq"]), "attributes": frame.get("attributes", {})}
            if "closed" in frame:
                chunks["closed"] = frame["closed"]
        messages = chunks["messages"]
        for index, stated in enumerate(frame["messages"]):
            path = f"/messages/{index}"
            goes_on = index == 0 and messages and messages[-1]["id"] == stated["id"]
            if not goes_on:
                if place_of(messages, stated["id"]) >= 0:
                    raise malformed("a message occurs twice", path)
                if len(messages) >= MAX_MESSAGES:
                    raise DeltawireError("limit_exceeded", "max_messages", path)
                messages.append({"attributes": {}, **stated, "parts": []})
            parts = messages[-1]["parts"]
            for number, part in enumerate(stated["parts"]):
                self._join_part(parts, part, bool(goes_on) and number == 0, f"{path}/parts/{number}")
            check_size(size_of(messages[-1]), path)

    def _join_part(self, parts: List[Record], part: Record, is_first: bool, path: str) -> None:
        if is_first and parts and parts[-1]["id"] == part["id"]:
            field = CONTENT[part["kind"]]
            if part["kind"] == "json" or parts[-1]["kind"] != part["kind"]:
                raise malformed("a part that cannot go on", path)
            parts[-1] = {**parts[-1], field: parts[-1][field] + part[field]}
            return
        if place_of(parts, part["id"]) >= 0:
            raise malformed("a part occurs twice", path)
        if len(parts) >= MAX_PARTS:
            raise DeltawireError("limit_exceeded", "max_parts", path)
        parts.append(part)

    def _gap(self) -> None:
        self.counts["gaps"] += 1
        self.subscribe()

    def _fail(self, failure: DeltawireError) -> None:
        """Forces one snapshot; a second failure before a digest matched is final."""
        self.counts["failures"] += 1
        if self._is_suspect:
            self.failed, self.outstanding = failure, False
            return
        self._is_suspect = True
        self.subscribe(whole=True)
