"""Texts, measured and cut in UTF-16 code units (section 3.1)."""

import zlib
from typing import Any, Dict, List, Tuple

from .errors import DeltawireError, malformed


def units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_well_formed(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text) if not text.isascii() else True


def splice(text: str, splices: List[Dict[str, Any]], paths: List[str]) -> str:
    """Replaces ranges that all count in `text`; `paths` names the place of each in the frame."""
    old = text.encode("utf-16-le")
    length = len(old) // 2
    pieces: List[bytes] = []
    done = 0
    previous = -1
    for edit, path in zip(splices, paths):
        begin, end = edit["changed_offset"], edit["changed_offset"] + edit["removed"]
        if end > length:
            raise DeltawireError("offset_out_of_range", f"{end} is past the end, {length}", path)
        if begin <= previous:
            raise malformed(f"{begin} is not after the end of the splice before, {previous}", path)
        if _is_inside_pair(old, begin) or _is_inside_pair(old, end):
            raise DeltawireError("inside_surrogate_pair", f"{begin} or {end} cuts a pair", path)
        pieces += [old[2 * done : 2 * begin], edit["text"].encode("utf-16-le")]
        done = previous = end
    return b"".join(pieces + [old[2 * done :]]).decode("utf-16-le")


def mapped(written: str, is_finished: bool) -> str:
    """The well-formed text that a producer sends for one that may hold lone halves (section 3.1)."""
    joined = written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if joined and "\ud800" <= joined[-1] <= "\udbff" and not is_finished:
        joined = joined[:-1]
    return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in joined)


def digest(content: Any) -> Tuple[int, int]:
    """Length and CRC-32 of a text or of bytes (section 3.4)."""
    if isinstance(content, str):
        return units(content), zlib.crc32(content.encode())
    return len(content), zlib.crc32(content)


def _is_inside_pair(utf16: bytes, offset: int) -> bool:
    """Whether the unit at `offset` is the low half of a pair."""
    return 2 * offset < len(utf16) and 0xDC <= utf16[2 * offset + 1] <= 0xDF
