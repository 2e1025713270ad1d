"""A strict MessagePack reader and a writer of shortest forms (section 8.2, Values)."""

import struct
from typing import Any, Callable, List, Optional, Tuple

from .errors import MAX_DEPTH, MAX_FRAME_BYTES, MAX_WHOLE, DeltawireError, malformed
from .names import Names, size_of

_NUMBERS = {0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
            0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q"}
_WIDTHS = {0: ">B", 1: ">H", 2: ">I"}


def unpack(data: bytes) -> Any:
    reader = _Reader(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise malformed("input goes on after the value", f"#byte={reader.at}")
    return value


class Compact:
    """What compact values are read with."""

    def __init__(self, keys: Names, learns: bool, text_of: Callable[[bytes], str]) -> None:
        self.keys, self.learns, self.text_of = keys, learns, text_of


class Elements:
    """Reads an array element by element."""

    def __init__(self, array: bytes) -> None:
        self.reader = _Reader(array)
        first = self.reader.take(1)[0]
        self.left = first & 15 if first < 0xA0 else self.reader.number(_WIDTHS[first - 0xDB])
        self.reader.refuse_count(self.left)

    def next(self) -> Any:
        if self.left == 0:
            raise malformed("an array that is too short")
        self.left -= 1
        return self.reader.value(1)

    def rest(self, compact: Optional[Compact] = None) -> List[Any]:
        self.reader.compact = compact
        values = [self.next() for _ in range(self.left)]
        if self.reader.at != len(self.reader.data):
            raise malformed("input goes on after the value", f"#byte={self.reader.at}")
        return values


def unpack_tuples(data: bytes, compact: Optional[Compact] = None) -> List[Any]:
    """Values one behind the other, as in an array without its header."""
    reader = _Reader(data)
    reader.compact = compact
    values = []
    while reader.at < len(data):
        values.append(reader.value(1))
    return values


def utf8(data: bytes, at: int = 0) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise DeltawireError("ill_formed_text", str(failure), f"#byte={at + failure.start}") from failure


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.compact: Optional[Compact] = None
        self.size = len(data)  # what it would be, were nothing compact

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise malformed("input ends too early", f"#byte={self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> Any:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def value(self, around: int) -> Any:
        place = f"#byte={self.at}"
        if around > MAX_DEPTH + 16:
            raise DeltawireError("limit_exceeded", "max_depth", place)
        first = self.take(1)[0]
        if first < 0x80:
            return first
        if first >= 0xE0:
            return first - 0x100
        if first in _NUMBERS:
            number = self.number(_NUMBERS[first])
            if isinstance(number, int) and abs(number) > MAX_WHOLE:
                raise malformed("an integer beyond 2^53 - 1", place)
            return number
        if first in (0xC0, 0xC2, 0xC3):
            return {0xC0: None, 0xC2: False, 0xC3: True}[first]
        if first < 0x90:
            return self.map(first & 15, around)
        if first < 0xA0:
            return self.list(first & 15, around)
        if first < 0xC0:
            return self.text(first & 31)
        if 0xC4 <= first <= 0xC6:
            return self.take(self.number(_WIDTHS[first - 0xC4]))
        if 0xD9 <= first <= 0xDB:
            return self.text(self.number(_WIDTHS[first - 0xD9]))
        if first in (0xDC, 0xDD):
            return self.list(self.number(_WIDTHS[first - 0xDB]), around)
        if first in (0xDE, 0xDF):
            return self.map(self.number(_WIDTHS[first - 0xDD]), around)
        if first in (0xD6, 0xD7) and self.compact:
            return self.timestamp(4 if first == 0xD6 else 8)
        raise malformed(f"no value begins with 0x{first:02x} here", place)

    def timestamp(self, size: int) -> str:
        assert self.compact
        if self.take(1) != b"\xff":
            raise malformed("an extension that is no timestamp", f"#byte={self.at}")
        stated = self.compact.text_of(self.take(size))
        self.grow(1 + len(stated) - size - 2)
        return stated

    def grow(self, count: int) -> None:
        self.size += count
        if self.size > MAX_FRAME_BYTES:
            raise DeltawireError("limit_exceeded", "max_frame_bytes", f"#byte={self.at}")

    def key(self, around: int) -> str:
        place = self.at
        compact, self.compact = self.compact, None
        key = self.value(around)
        self.compact = compact
        if isinstance(key, str):
            if compact and compact.learns:
                compact.keys.intern(key)
            return key
        if not compact or isinstance(key, bool) or not isinstance(key, (int, float)):
            raise malformed("a key that is no string", f"#byte={place}")
        name = compact.keys.named(key)
        length = size_of(name)
        self.grow((1 if length < 32 else 2 if length < 256 else 3) + length - (self.at - place))
        return name

    def text(self, length: int) -> str:
        start = self.at
        return utf8(self.take(length), start)

    def list(self, count: int, around: int) -> List[Any]:
        self.refuse_count(count)
        return [self.value(around + 1) for _ in range(count)]

    def map(self, count: int, around: int) -> Any:
        self.refuse_count(2 * count)
        result = {}
        for _ in range(count):
            key = self.key(around + 1)
            result[key] = self.value(around + 1)
        return result

    def refuse_count(self, count: int) -> None:
        if count > len(self.data) - self.at:
            raise malformed("a count that the input cannot hold", f"#byte={self.at}")


def pack(value: Any) -> bytes:
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, (int, float)):
        whole = abs(value) <= MAX_WHOLE and value == int(value)
        return _packed_integer(int(value)) if whole else b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode("utf-8")
        return _header(len(data), (0xA0, 32), (0xD9, 0xDA, 0xDB)) + data
    if isinstance(value, bytes):
        return _header(len(value), (0, 0), (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, list):
        return header_of_list(len(value)) + b"".join(map(pack, value))
    members = b"".join(pack(key) + pack(item) for key, item in value.items())
    return header_of_map(len(value)) + members


def header_of_list(count: int) -> bytes:
    return _header(count, (0x90, 16), (0, 0xDC, 0xDD))


def header_of_map(count: int) -> bytes:
    return _header(count, (0x80, 16), (0, 0xDE, 0xDF))


def _header(count: int, short: Tuple[int, int], firsts: Tuple[int, int, int]) -> bytes:
    if count < short[1]:
        return bytes([short[0] + count])
    width = 0 if count < 0x100 and firsts[0] else 1 if count < 0x10000 else 2
    return bytes([firsts[width]]) + struct.pack(_WIDTHS[width], count)


def _packed_integer(value: int) -> bytes:
    if -32 <= value < 128:
        return struct.pack(">b", value)
    for first in (0xCC, 0xCD, 0xCE, 0xCF) if value >= 0 else (0xD0, 0xD1, 0xD2, 0xD3):
        try:
            return bytes([first]) + struct.pack(_NUMBERS[first], value)
        except struct.error:
            continue
    raise ValueError(value)
