"""The codec context of a channel in one direction (section 9)."""

from typing import Any, Dict, List, NamedTuple, Optional

from . import text
from .errors import MAX_LIST_LENGTH, MAX_NAME_LENGTH, MAX_RECENT_BYTES, DeltawireError, malformed
from .names import Names


class Tip(NamedTuple):
    """Where a string in a JSON part grows."""

    path: str
    offset: int


class Numbered(NamedTuple):
    message: str
    part: str
    length: Optional[int]
    tip: Optional[Tip] = None

    @property
    def stated(self) -> List[Any]:
        """As a catch-up states it, behind the ordinal."""
        return [self.message, self.part, self.length, *(self.tip or ())]


class Context:
    def __init__(self, version: int = 0, lost: bool = False, compact: bool = False) -> None:
        self.version = version
        self.lost = lost
        self.keys = Names() if compact else None
        self.empty()

    def empty(self) -> None:
        self.names = Names()
        # Of maps, by number, where compact values are read or written.
        self.keys: Optional[Names] = None if self.keys is None else Names()
        self.parts: Dict[int, Numbered] = {}
        self.cursor: Optional[int] = None
        self.next = 0
        self.recent = b""  # the end of the tuples of `changes` arrays, where compressed forms are read
        self.chunk: Any = None  # what an end notes of a snapshot of which more chunks follow

    def remember(self, added: bytes) -> None:
        self.recent = (self.recent + added)[-MAX_RECENT_BYTES:]

    def begin(
        self, ordinal: int, message: str, part: str, length: Optional[int], tip: Optional[Tip] = None,
    ) -> None:
        if ordinal in self.parts:
            raise malformed(f"the ordinal {ordinal} is in use")
        if len(self.parts) >= MAX_LIST_LENGTH:
            raise DeltawireError("limit_exceeded", "max_list_length of numbered parts")
        self.parts[ordinal] = Numbered(message, part, length, tip)
        self.next = max(self.next, ordinal + 1)

    def end(self, ordinal: int) -> None:
        del self.parts[ordinal]
        if self.cursor == ordinal:
            self.cursor = None

    def end_message(self, message: str) -> None:
        for ordinal in [number for number, entry in self.parts.items() if entry.message == message]:
            self.end(ordinal)

    def at(self, ordinal: Any) -> Numbered:
        if isinstance(ordinal, bool) or not isinstance(ordinal, (int, float)) or ordinal not in self.parts:
            raise malformed(f"no part has the ordinal {ordinal!r}")
        return self.parts[ordinal]

    def ordinal_of(self, message: str, part: str) -> Optional[int]:
        for ordinal, entry in self.parts.items():
            if entry[:2] == (message, part):
                return ordinal
        return None

    def grow(self, ordinal: int, units: int) -> None:
        entry = self.at(ordinal)
        if entry.length is not None:
            self.parts[ordinal] = entry._replace(length=entry.length + units)

    def append(self, ordinal: Optional[int], appended: str) -> Dict[str, Any]:
        """The part change that an append stands for; the part is then under the cursor."""
        entry = self.at(ordinal)
        units = text.units(appended)
        if entry.tip:
            path, offset = entry.tip
            operation = {"op": "splice", "path": path, "changed_offset": offset, "removed": 0, "text": appended}
            change = {"type": "json_patch", "part": entry.part, "operations": [operation]}
            self.parts[ordinal] = entry._replace(tip=Tip(path, offset + units))
        elif entry.length is not None:
            splice = {"changed_offset": entry.length, "removed": 0, "text": appended}
            change = {"type": "text_splice", "part": entry.part, "splices": [splice]}
            self.grow(ordinal, units)
        else:
            raise malformed("an append to a part that has neither a length nor a tip")
        self.cursor = ordinal
        return change

    def patched(self, ordinal: int, operations: List[Dict[str, Any]]) -> None:
        """The tip of a JSON part is where its last patch left off."""
        entry, tip = self.at(ordinal), None
        last = operations[-1] if operations else {}
        if entry.length is None and last.get("op") == "splice":
            path, offset, appended = last["path"], last["changed_offset"], last["text"]
            # What is not of these types is refused where the frame is checked.
            is_number = isinstance(offset, int) or isinstance(offset, float) and offset.is_integer()
            if isinstance(path, str) and is_number and isinstance(appended, str):
                tip = Tip(path, int(offset) + text.units(appended)) if text.units(path) <= MAX_NAME_LENGTH else None
        self.parts[ordinal] = entry._replace(tip=tip)

    def appends(self, ordinal: int, change: Dict[str, Any]) -> Optional[str]:
        """The text by which a change of a part is an append; None where it is none."""
        edits = change.get("splices") or change.get("operations") or []
        if len(edits) != 1 or edits[0].get("op", "splice") != "splice" or edits[0]["removed"]:
            return None
        entry, edit = self.at(ordinal), edits[0]
        end = Tip(edit["path"], edit["changed_offset"]) if "path" in edit else edit["changed_offset"]
        return edit["text"] if end in (entry.length, entry.tip) else None
