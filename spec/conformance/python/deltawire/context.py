"""The codec context of a channel in one direction (section 9)."""

from typing import Any, Dict, List, NamedTuple, Optional

from . import text
from .errors import MAX_LIST_LENGTH, MAX_NAMES, MAX_NAMES_BYTES, MAX_RECENT_BYTES, DeltawireError, malformed


class Numbered(NamedTuple):
    message: str
    part: str
    length: Optional[int]


class Context:
    def __init__(self, version: int = 0, lost: bool = False) -> None:
        self.version = version
        self.lost = lost
        self.empty()

    def empty(self) -> None:
        self.names: List[str] = []
        self.parts: Dict[int, Numbered] = {}
        self.cursor: Optional[int] = None
        self.next = 0
        self.recent = b""  # the end of the tuples of `changes` arrays, where compressed forms are read
        self.chunk: Any = None  # what an end notes of a snapshot of which more chunks follow

    def remember(self, tuples: bytes) -> None:
        self.recent = (self.recent + tuples)[-MAX_RECENT_BYTES:]

    def intern(self, name: str) -> None:
        size = sum(len(known.encode()) for known in self.names) + len(name.encode("utf-8", "surrogatepass"))
        if (text.units(name) >= 2 and name not in self.names
                and len(self.names) < MAX_NAMES and size <= MAX_NAMES_BYTES):
            self.names.append(name)

    def begin(self, ordinal: int, message: str, part: str, length: Optional[int]) -> None:
        if ordinal in self.parts:
            raise malformed(f"the ordinal {ordinal} is in use")
        if len(self.parts) >= MAX_LIST_LENGTH:
            raise DeltawireError("limit_exceeded", "max_list_length of numbered parts")
        self.parts[ordinal] = Numbered(message, part, length)
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
        if entry.length is None:
            raise malformed("an append to a part that is no text")
        self.grow(ordinal, text.units(appended))
        self.cursor = ordinal
        splice = {"changed_offset": entry.length, "removed": 0, "text": appended}
        return {"type": "text_splice", "part": entry.part, "splices": [splice]}
