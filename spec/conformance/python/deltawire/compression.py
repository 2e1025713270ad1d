"""Compressed forms (section 8.2): the dictionary that a state is, and what is deflated against it."""

import zlib
from typing import Any, Iterator, List, Optional

from .errors import (
    MAX_DICTIONARY_BYTES, MAX_DICTIONARY_ITEMS, MAX_DICTIONARY_MEMBERS, MAX_FRAME_BYTES, DeltawireError, malformed,
)
from .state import State


def dictionary_of(state: State) -> bytes:
    """The end of the UTF-8 of a state's texts."""
    pieces: List[bytes] = []
    room = MAX_DICTIONARY_BYTES
    for number, text in enumerate(_items(state)):
        if number == MAX_DICTIONARY_ITEMS:
            break
        data = (text or "").encode()
        if len(data) > room:
            end = data[len(data) - room :]
            pieces.append(end.lstrip(bytes(range(0x80, 0xC0))))
            break
        pieces.append(data)
        room -= len(data)
    return b"".join(reversed(pieces))


def _items(state: State) -> Iterator[Optional[str]]:
    """What each message, part and value gives, from the last one on."""
    for message in reversed(state["messages"]):
        yield None
        for part in reversed(message["parts"]):
            yield part.get("text")
            if part["kind"] == "json":
                yield from _values(part["value"])


def _values(value: Any) -> Iterator[Optional[str]]:
    yield value if isinstance(value, str) else None
    inside: List[Any] = []
    if isinstance(value, list):
        inside = value
    elif isinstance(value, dict) and len(value) <= MAX_DICTIONARY_MEMBERS:
        inside = [value[key] for key in sorted(value, key=lambda key: key.encode("utf-16-be"))]
    for item in reversed(inside):
        yield from _values(item)


def inflate(stream: bytes, dictionary: bytes = b"") -> bytes:
    """What one complete raw DEFLATE stream holds; it is not inflated past the bound."""
    inflating = zlib.decompressobj(-15, zdict=dictionary)
    try:
        result = inflating.decompress(stream, MAX_FRAME_BYTES + 1)
    except zlib.error as failure:
        raise malformed(str(failure)) from failure
    if len(result) > MAX_FRAME_BYTES:
        raise DeltawireError("limit_exceeded", "max_frame_bytes")
    if not inflating.eof:
        raise malformed("a stream that does not end")
    if inflating.unused_data:
        raise malformed("bytes behind the end of the stream")
    return result
