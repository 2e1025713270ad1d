"""Compact values (section 8.2): keys of maps by number, and times as timestamps."""

import datetime
import re
import struct
from typing import Any, List, Optional

from .errors import malformed
from .msgpack import header_of_list, header_of_map, pack
from .names import Names

EPOCH = datetime.datetime(1970, 1, 1)
FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?Z", re.ASCII)
# What the code of an array grows by where its values are compact.
COMPACT = 8


def timestamp_of(text: str) -> Optional[bytes]:
    """The timestamp that stands for a text; None for a text that none stands for."""
    form = FORM.fullmatch(text)
    if not form:
        return None
    try:
        moment = datetime.datetime(*(int(digits) for digits in form.groups()[:6]))  # a second has no 60 there
    except ValueError:
        return None
    seconds = (moment - EPOCH) // datetime.timedelta(seconds=1)
    if form[7] is None:
        return b"\xd6\xff" + struct.pack(">I", seconds) if 0 <= seconds < 1 << 32 else None
    nanoseconds = int(form[7]) * 1_000_000
    return b"\xd7\xff" + struct.pack(">Q", nanoseconds << 34 | seconds) if 0 <= seconds < 1 << 34 else None


def text_of(extension: bytes) -> str:
    """The text that a timestamp of 4 or 8 bytes stands for."""
    if len(extension) == 4:
        seconds, fraction = struct.unpack(">I", extension)[0], ""
    else:
        nanoseconds, seconds = divmod(struct.unpack(">Q", extension)[0], 1 << 34)
        if nanoseconds % 1_000_000 or nanoseconds >= 1_000_000_000:
            raise malformed("a timestamp that is not of whole milliseconds")
        fraction = f".{nanoseconds // 1_000_000:03}"
    return f"{(EPOCH + datetime.timedelta(seconds=seconds)).isoformat()}{fraction}Z"


class Writer:
    """Packs one array; `said` tells whether it says more than the plain one."""

    def __init__(self, keys: Names, learns: bool) -> None:
        self.keys, self.learns, self.said = keys, learns, False

    def pack(self, value: Any) -> bytes:
        if isinstance(value, str):
            stamp = timestamp_of(value)
            self.said = self.said or stamp is not None
            return pack(value) if stamp is None else stamp
        if isinstance(value, list):
            return header_of_list(len(value)) + b"".join(map(self.pack, value))
        if isinstance(value, dict):
            members = (self.key(key) + self.pack(item) for key, item in value.items())
            return header_of_map(len(value)) + b"".join(members)
        return pack(value)

    def key(self, key: str) -> bytes:
        if key in self.keys.names:
            self.said = True
            return pack(self.keys.written(key))
        if self.learns:
            before = list(self.keys.names)
            self.keys.intern(key)
            self.said = self.said or self.keys.names != before
        return pack(key)


def pack_live(keys: Optional[Names], array: List[Any]) -> bytes:
    """A changes array or a leap."""
    if keys is None:
        return pack(array)
    writer = Writer(keys, True)
    rest = b"".join(map(writer.pack, array[1:]))
    return header_of_list(len(array)) + pack(array[0] + (COMPACT if writer.said else 0)) + rest


def pack_statement(keys: Optional[Names], array: List[Any]) -> bytes:
    """A catch-up or a snapshot."""
    if keys is None:
        return pack(array)
    writer = Writer(keys, False)
    rest = b"".join(map(writer.pack, array[1:]))
    if not writer.said and not keys.stated:
        return pack(array)
    return header_of_list(len(array) + 1) + pack(array[0] + COMPACT) + pack(keys.stated) + rest
