"""The consumer engine of one channel (sections 6.1 to 6.3, 6.6)."""

from typing import Any, Dict, List, Optional

from . import reducer, text
from .errors import MAX_MESSAGES, MAX_PARTS, DeltawireError, malformed
from .state import CONTENT, FINAL, State, check_size, content_of, empty, is_before_window, place_of, size_of

Record = Dict[str, Any]


class Consumer:
    """`handle` takes the frames of the channel; `sent` holds the frames that the engine sends.

    With `last`, it wants the last so many messages only; `history` asks for some before them.
    """

    def __init__(self, channel: str, state: Optional[State] = None, last: Optional[int] = None) -> None:
        self.channel = channel
        self.state = state
        self.last = last
        self.requests = 0  # the greatest number of a request so far
        self.latest = 0  # the request of the latest subscribe
        self.outstanding = False  # whether the answer to it is not whole
        self.sent: List[Record] = []
        self.failed: Optional[DeltawireError] = None
        self.counts = {"applied": 0, "resets": 0, "dropped": 0, "repeated": 0, "gaps": 0, "failures": 0,
                       "pages": 0}
        self._chunks: Optional[State] = None
        self._suspicion: Optional[Record] = None  # why a snapshot was forced that nothing has confirmed yet
        self.wanted: Optional[Record] = None  # the history request that waits for its page, and how often it was sent
        self._page: Optional[Record] = None  # a page of a version that is still to come

    def subscribe(self, whole: bool = False) -> None:
        """Asks to join, resume or be repaired; `whole` forces a snapshot."""
        frame = {"type": "subscribe", "channel": self.channel, "request": self.requests + 1}
        if self.state is not None and not whole:
            frame.update(epoch=self.state["epoch"], seq=self.state["seq"])
        if self.last is not None:
            frame["last"] = self.last
        self.expect(frame["request"])
        self.sent.append(frame)

    def expect(self, request: int) -> None:
        self.requests = max(self.requests, request)
        self.latest, self.outstanding, self._chunks = request, True, None

    def history(self, last: int, times: int = 1) -> None:
        """Asks for messages before the first one of a windowed replica."""
        assert self.state is not None and self.state["messages"]
        self.requests += 1
        frame = {"type": "history", "channel": self.channel, "request": self.requests,
                 "before": self.state["messages"][0]["id"], "last": last}
        self.wanted, self._page = {**frame, "times": times}, None
        self.sent.append(frame)

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
        if self.wanted is not None and frame.get("request") == self.wanted["request"]:
            self.wanted = None
        elif "request" in frame and self._is_answer(frame):
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
        elif frame["to"] <= self.state["seq"]:
            self.counts["repeated"] += 1
            return
        if self.state is None or frame["from"] != self.state["seq"]:
            self._gap()
            return
        before = self.state
        try:
            self.state = reducer.apply(before, frame)
        except DeltawireError as failure:
            if failure.code == "gap":  # a message that may be one before the window begins anew
                self._gap(whole=True)
            else:
                self._fail(failure, _refused_completion(frame, failure))
            return
        self.counts["applied"] += 1
        is_confirmed = any(change["type"] == "message_completed" and change["digests"] for change in frame["changes"])
        self._moved(is_confirmed)

    def _on_checkpoint(self, frame: Record) -> None:
        if self.outstanding or self.state is None or frame["seq"] < self.state["seq"]:
            return
        if frame["seq"] > self.state["seq"]:
            self._gap()
            return
        if is_before_window(self.state, frame["message"]):
            return
        digest = None
        messages = self.state["messages"]
        place = place_of(messages, frame["message"])
        if place >= 0:
            parts = messages[place]["parts"]
            place = place_of(parts, frame["part"])
            digest = text.digest(content_of(parts[place])) if place >= 0 and parts[place]["kind"] != "json" else None
        about = {"message": frame["message"], "part": frame["part"]}
        if digest != (frame["length"], frame["crc32"]):
            self._fail(DeltawireError("digest_mismatch", f"held {digest}"), about)
        elif self._suspicion in ({}, about):
            self._suspicion = None

    def _on_snapshot(self, frame: Record) -> None:
        if frame["request"] == self.latest and not self.outstanding:
            self.expect(self.latest)  # repair that nobody asked for
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
            self._moved(False)

    def _on_history_page(self, frame: Record) -> None:
        if self.wanted is not None and frame["request"] == self.wanted["request"]:
            self._page = frame
            self._take_page()

    def _take_page(self) -> None:
        """A page goes before the replica of its version; one of a later version waits, any other is asked for again."""
        state, page = self.state, self._page
        if self.wanted is None or page is None or state is None:
            return
        is_of_replica = page["epoch"] == state["epoch"] and state["messages"][:1] and (
            state["messages"][0]["id"] == self.wanted["before"])
        if is_of_replica and page["seq"] > state["seq"]:
            return
        if is_of_replica and page["seq"] == state["seq"]:
            messages = [{"attributes": {}, **message} for message in page["messages"]]
            self.state = {**state, "messages": messages + state["messages"], "earlier": page.get("earlier", 0)}
            self.wanted = self._page = None
            self.counts["pages"] += 1
        elif self.wanted["times"] > 3 or not state["messages"]:
            self.wanted = self._page = None
        else:
            self.history(self.wanted["last"], self.wanted["times"] + 1)

    def _join(self, frame: Record) -> None:
        """Adds a chunk to those before it."""
        chunks = self._chunks
        if chunks is None or (chunks["epoch"], chunks["seq"]) != (frame["epoch"], frame["seq"]):
            chunks = self._chunks = {**empty(frame["epoch"], frame["seq"]), "attributes": frame.get("attributes", {})}
            if "closed" in frame:
                chunks["closed"] = frame["closed"]
            if frame.get("earlier"):
                chunks["earlier"] = frame["earlier"]
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

    def _gap(self, whole: bool = False) -> None:
        self.counts["gaps"] += 1
        self.subscribe(whole)

    def _fail(self, failure: DeltawireError, about: Optional[Record] = None) -> None:
        """Forces one snapshot; a second failure before that is confirmed is final.

        `about` is the part whose digest was wrong, or the message whose completion was refused.
        """
        self.counts["failures"] += 1
        if self._suspicion is not None:
            self.failed, self.outstanding = failure, False
            return
        self._suspicion = about or {}
        self.subscribe(whole=True)

    def _moved(self, is_confirmed: bool) -> None:
        """The replica is another; `is_confirmed` says that some digest has matched."""
        about = self._suspicion
        if about == {} and is_confirmed or about and not self._is_digest_to_come(about):
            self._suspicion = None
        self._take_page()

    def _is_digest_to_come(self, about: Record) -> bool:
        """Whether a digest may still come of a part, or of any part of a message."""
        assert self.state is not None
        for message in self.state["messages"]:
            if message["id"] == about["message"] and message["status"] not in FINAL:
                return "part" not in about or place_of(message["parts"], about["part"]) >= 0
        return False


def _refused_completion(frame: Record, failure: DeltawireError) -> Optional[Record]:
    if failure.code != "digest_mismatch":
        return None
    return {"message": frame["changes"][int(failure.path.split("/")[2])]["id"]}
