"""The consumer engine of one channel (sections 6.1 to 6.3, 6.6)."""

from typing import Any, Dict, List, Optional, Set, Tuple

from . import reducer, text
from .errors import MAX_MESSAGES, MAX_PARTS, DeltawireError, malformed
from .state import (
    CONTENT, FINAL, State, check_bytes, check_size, digested, digests_of, empty, is_before_window, place_of, size_of,
    stated,
)

Record = Dict[str, Any]
PartName = Tuple[str, str]  # message and part
MOST_REPAIRS = 8
MOST_DISTRUSTED = 256


class Consumer:
    """`handle` takes the frames of the channel; `sent` holds the frames that the engine sends.

    With `last`, it wants the last so many messages only; `history` asks for some before them. With `filter`, it wants
    those that match; `want` takes another one.
    """

    def __init__(
        self,
        channel: str,
        state: Optional[State] = None,
        last: Optional[int] = None,
        filter: Optional[Record] = None,
    ) -> None:
        self.channel = channel
        self.state = state
        self.seen = state  # the same, or the last one of a history that was lost
        self.last = last
        self.filter = filter
        self.requests = 0  # the greatest number of a request so far
        self.latest = 0  # the request of the latest subscribe
        self.outstanding = False  # whether the answer to it is not whole
        self.sent: List[Record] = []
        self.failed: Optional[DeltawireError] = None
        self.counts = {"applied": 0, "resets": 0, "dropped": 0, "repeated": 0, "gaps": 0, "failures": 0,
                       "pages": 0, "refused": 0, "stale": 0}
        self._chunks: Optional[State] = None
        self._distrusted: Set[PartName] = set()  # parts that were wrong, and not seen right since
        self._distrusts_apply = False  # whether something did not apply, and no digest has matched since
        self._repairs = 0  # in a row
        self.wanted: Optional[Record] = None  # the history request that waits for its page, and how often it was sent
        self._page: Optional[Record] = None  # a page of a version that is still to come

    def subscribe(self, whole: bool = False) -> None:
        """Asks to join, resume or be repaired; `whole` forces a snapshot."""
        frame = {"type": "subscribe", "channel": self.channel, "request": self.requests + 1}
        if self.state is not None and not whole:
            frame.update(epoch=self.state["epoch"], seq=self.state["seq"])
        if self.last is not None:
            # What pages have added does not go again.
            frame["last"] = max(self.last, len(self.state["messages"]) if self.state else 0)
        if self.filter is not None:
            frame["filter"] = self.filter
        self.expect(frame["request"])
        self.sent.append(frame)

    def want(self, filter: Optional[Record]) -> None:
        """The replica is of another filter: no version of it is stated; it stays in view until the answer is whole."""
        self.filter = filter
        self.wanted = self._page = None
        self.subscribe(whole=True)

    def expect(self, request: int) -> None:
        self.requests = max(self.requests, request)
        self.latest, self.outstanding, self._chunks = request, True, None

    def history(self, last: int, times: int = 1) -> None:
        """Asks for messages before the first one of a windowed replica; nothing where there are none."""
        if self.outstanding or self.state is None or not self.state.get("earlier") or (times == 1 and self.wanted):
            return
        if not self.state["messages"]:
            self.subscribe(whole=True)
            return
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
            self.wanted = self._page = None
            self.counts["refused"] += 1
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
                self._fail(failure, differing(before, frame, failure), is_of_apply=True)
            return
        self._moved(before, self.state, frame["changes"])
        is_stale = self.seen is not before
        counted = "stale" if not self._show(self.state) else "resets" if is_stale else "applied"
        self.counts[counted] += 1
        self._take_page()

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
            digest = text.digest(digested(parts[place])) if place >= 0 and parts[place]["kind"] != "json" else None
        part = (frame["message"], frame["part"])
        if digest == (frame["length"], frame["crc32"]):
            self._matched(part)
        else:
            self._fail(DeltawireError("digest_mismatch", f"held {digest}"), {part}, is_of_apply=False)

    def _on_snapshot(self, frame: Record) -> None:
        held = self.state
        is_past = held is not None and held["epoch"] == frame["epoch"] and frame["seq"] < held["seq"]
        if frame["request"] == self.latest and not self.outstanding and not is_past:
            self.expect(self.latest)  # repair that nobody asked for
        if not self._is_answer(frame):
            return
        try:
            after = self._join(frame)
        except DeltawireError as failure:
            self._fail(failure, set(), is_of_apply=True)
            return
        if "more" not in frame:
            self.state, self._chunks, self.outstanding = after, None, False
            self._moved(held, after, [])
            self.counts["resets" if self._show(after) else "stale"] += 1
            self._take_page()

    def _on_history_page(self, frame: Record) -> None:
        if self.wanted is not None and frame["request"] == self.wanted["request"]:
            self._page = frame
            self._take_page()

    def _take_page(self) -> None:
        """A page goes before the replica of its version; one of a later version waits, any other is asked for again."""
        state, page = self.state, self._page
        if self.wanted is None or page is None or state is None:
            return
        is_of_epoch = page["epoch"] == state["epoch"]
        if is_of_epoch and page["seq"] > state["seq"]:
            return
        first = state["messages"][0]["id"] if state["messages"] else None
        if not state.get("earlier"):
            self.wanted = self._page = None
        elif is_of_epoch and page["seq"] == state["seq"] and first == self.wanted["before"]:
            messages = [{"attributes": {}, **message} for message in page["messages"]]
            self.state = {**state, "messages": messages + state["messages"], "earlier": page.get("earlier", 0)}
            self.seen = self.state if self.seen is state else self.seen
            self.wanted = self._page = None
            self.counts["pages"] += 1
        elif self.wanted["times"] > 3 or first is None:
            self.wanted = self._page = None
            self.counts["refused"] += 1
        else:
            self.history(self.wanted["last"], self.wanted["times"] + 1)

    def _join(self, frame: Record) -> State:
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
            for part in parts:
                if part["kind"] == "bytes":
                    check_bytes(part, path)
        return chunks

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
        parts.append(stated(part))

    def _gap(self, whole: bool = False) -> None:
        self.counts["gaps"] += 1
        self._repair(whole)

    def _repair(self, whole: bool) -> None:
        self._repairs += 1
        if self._repairs > MOST_REPAIRS:
            self._give_up(DeltawireError("internal", "repairs that do not move the replica on"))
        else:
            self.subscribe(whole)

    def _fail(self, failure: DeltawireError, parts: Set[PartName], is_of_apply: bool) -> None:
        """Forces a snapshot; a second failure of the same, before a digest has matched, is final."""
        self.counts["failures"] += 1
        is_second = is_of_apply and self._distrusts_apply or bool(parts & self._distrusted)
        is_second = is_second or len(self._distrusted) >= MOST_DISTRUSTED
        self._distrusted |= parts
        self._distrusts_apply = self._distrusts_apply or is_of_apply
        if is_second:
            self._give_up(failure)
        else:
            self._repair(whole=True)

    def _give_up(self, failure: DeltawireError) -> None:
        self.failed, self.outstanding = failure, False

    def _matched(self, part: PartName) -> None:
        self._distrusted.discard(part)
        self._distrusts_apply = False

    def _moved(self, before: Optional[State], after: State, changes: List[Record]) -> None:
        """The replica is another: parts that went are not distrusted, and completed messages were compared."""
        if before is None or before["epoch"] == after["epoch"] and after["seq"] > before["seq"]:
            self._repairs = 0
        self._distrusted = {part for part in self._distrusted if has(after, part) or not (before and has(before, part))}
        for change in changes:
            if change["type"] == "message_completed" and is_open(before, change["id"]) and not is_open(after, change["id"]):
                for digest in change["digests"]:
                    self._matched((change["id"], digest["part"]))

    def _show(self, after: State) -> bool:
        """Whether the replica is what is to be seen: not while it is empty and the history was lost of what is."""
        seen, is_empty = self.seen, not after["messages"] and not after.get("earlier") and "closed" not in after
        if seen is not None and seen["epoch"] != after["epoch"] and is_empty and seen["messages"]:
            return False
        self.seen = after
        return True


def has(state: State, part: PartName) -> bool:
    place = place_of(state["messages"], part[0])
    return place >= 0 and place_of(state["messages"][place]["parts"], part[1]) >= 0


def is_open(state: Optional[State], message: str) -> bool:
    place = place_of(state["messages"], message) if state else -1
    return state is not None and place >= 0 and state["messages"][place]["status"] not in FINAL


def differing(state: State, frame: Record, failure: DeltawireError) -> Set[PartName]:
    """The parts whose digests in a `message_completed` are why a frame does not apply."""
    if failure.code != "digest_mismatch":
        return set()
    index = int(failure.path.split("/")[2])
    change = frame["changes"][index]
    draft = reducer.apply(state, {**frame, "changes": frame["changes"][:index]})
    held = set(digests_of(draft["messages"][place_of(draft["messages"], change["id"])]))
    stated = {(digest["part"], digest["length"], digest["crc32"]) for digest in change["digests"]}
    return {(change["id"], digest[0]) for digest in held ^ stated}
