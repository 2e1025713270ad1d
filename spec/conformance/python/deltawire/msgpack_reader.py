"""The reading end of the MessagePack codec (sections 8.2 and 9): one for each direction of a connection."""

from typing import Any, Callable, Dict, List, Optional, Tuple

from .compact import COMPACT, text_of
from .compression import dictionary_of, inflate
from .context import Context
from .errors import MAX_CHANNELS, MAX_FRAME_BYTES, MAX_LIST_LENGTH, MAX_RECENT_BYTES, DeltawireError, malformed
from .frame import FRAMES, STATUSES, check_frame, id_, whole
from .msgpack import Compact, Elements, unpack, unpack_tuples, utf8
from .msgpack_tuples import (
    add_piece, at, begin, changes_of, closed_of, code_of, error_of, list_, name_of, optional, part_of, tip_of,
)
from .names import NUMBERS, Names
from .state import State

Record = Dict[str, Any]
CONNECTION_FRAMES = ("hello", "welcome", "authenticate", "authenticated", "ping", "pong", "error", "goodbye")
STATE_FRAMES = ("changes", "snapshot", "checkpoint")
# First bytes of short forms; an append at the cursor begins with its version.
BY_ORDINAL, SEVERAL = 0xC1, 0xC7


class MsgpackReader:
    """With `state_of`, which gives the replica of a channel, it is that of a client that reads compressed forms."""

    def __init__(
        self,
        upward: bool = False,
        state_of: Optional[Callable[[str], Optional[State]]] = None,
        compact: bool = False,
    ) -> None:
        self.upward = upward
        self.compact = compact  # whether compact values are read
        self.state_of = state_of
        self.numbers: Dict[int, str] = {}
        self.selected: Optional[str] = None
        self.contexts: Dict[str, Context] = {}

    def context(self, channel: str) -> Context:
        return self.contexts.setdefault(channel, Context(lost=not self.upward, compact=self.compact))

    def producing(self, channel: str, seq: int) -> None:
        """An upward context begins, empty, at the version that `producing` stated."""
        self.contexts[channel] = Context(seq, compact=self.compact)

    def read(self, message: Any) -> Optional[Record]:
        """The frame; None for `select` and for a checkpoint that a lost context drops."""
        if not isinstance(message, bytes) or not message:
            raise malformed("a text message, or an empty one")
        if len(message) > MAX_FRAME_BYTES:
            raise DeltawireError("limit_exceeded", "max_frame_bytes")
        first = message[0]
        if 0x80 <= first <= 0x8F or first in (0xDE, 0xDF):
            return self._control(unpack(message))
        is_array = 0x90 <= first <= 0x9F or first in (0xDC, 0xDD)
        is_compressed = 0xD4 <= first <= 0xD8 and self.state_of is not None
        if first >= 0x80 and first not in (BY_ORDINAL, SEVERAL) and not is_array and not is_compressed:
            raise malformed(f"no frame begins with 0x{first:02x}", "#byte=0")
        if first in (0x92, 0x93) and message[1:2] == b"\x03":
            return self._select(unpack(message))
        if self.selected is None:
            raise DeltawireError("unexpected_frame", "no channel is selected")
        context = self.context(self.selected)
        try:
            if is_compressed:
                frame = self._compressed(context, message)
            elif is_array:
                frame = self._elements(context, message)
            else:
                frame = self._short(context, message)
            return check_frame({**frame, "channel": self.selected}, binary=True) if frame else None
        except DeltawireError:
            context.lost, context.chunk = True, None
            raise

    def _control(self, value: Record) -> Record:
        kind = value.get("type")
        if kind in STATE_FRAMES:
            raise malformed("a state frame as a map", "/type")
        if isinstance(kind, str) and kind in FRAMES and kind not in CONNECTION_FRAMES:
            if self.selected is None:
                raise DeltawireError("unexpected_frame", "no channel is selected")
            value = {**value, "channel": self.selected}
        return check_frame(value, binary=True)

    def _select(self, array: List[Any]) -> None:
        self.selected = None
        number = whole(array[1], "/1", True)
        if number >= MAX_CHANNELS:
            raise DeltawireError("limit_exceeded", "max_channels", "/1")
        if len(array) == 3:
            self.numbers[number] = id_(array[2], "/2", True)
        if number not in self.numbers:
            raise DeltawireError("unexpected_frame", "a number that is not bound", "/1")
        self.selected = self.numbers[number]

    def _short(self, context: Context, message: bytes) -> Record:
        first = message[0]
        if first >= 0x80 and len(message) < 2:
            raise malformed("input ends too early", "#byte=1")
        gap = self._version_rule(context, message[1] if first >= 0x80 else first)
        if gap:
            return gap
        if first == SEVERAL:
            frame = _live(context, _appends(context, message, 2))
            if self.state_of:
                context.remember(message[2:])
            return frame
        ordinal, at = _leb128(message, 2) if first == BY_ORDINAL else (context.cursor, 1)
        return _append(context, ordinal, utf8(message[at:], at))

    def _compressed(self, context: Context, message: bytes) -> Optional[Record]:
        first = message[0]
        if first == 0xD7:
            array = inflate(message[1:])
            if len(array) < 2 or not 0x90 <= array[0] <= 0x9F or array[1] not in self._statements(context):
                raise malformed("neither a catch-up nor a snapshot")
            return self._elements(context, array)
        if len(message) < 2:
            raise malformed("input ends too early", "#byte=1")
        is_compact = first == 0xD6 and message[1] > 127 and context.keys is not None
        gap = self._version_rule(context, message[1] & 127 if is_compact else message[1])
        if gap:
            return gap
        state = self.state_of(self.selected) if self.state_of and self.selected else None
        if state is None or state["seq"] != context.version - 1:
            # Like a frame that the rule refuses.
            context.version, context.lost = context.version - 1, True
            return _gap(max(context.version, state["seq"] if state else 0) + 1)
        dictionary = dictionary_of(state)
        if first == 0xD6:
            tuples = inflate(message[2:], dictionary + context.recent)
            frame = _live(context, changes_of(context, unpack_tuples(tuples, _learning(context) if is_compact else None)))
            context.remember(tuples)
            return frame
        if first == 0xD8:
            appends = inflate(message[2:], dictionary + context.recent)
            frame = _live(context, _appends(context, appends))
            context.remember(appends)
            return frame
        ordinal, at = _leb128(message, 2) if first == 0xD5 else (context.cursor, 2)
        return _append(context, ordinal, utf8(inflate(message[at:], dictionary)))

    def _version_rule(self, context: Context, low: Any, step: int = 1) -> Optional[Record]:
        """None for the next frame, which the context then is at; otherwise the gap that an engine sees."""
        low = whole(low, "/1", True, 127)
        missing = (low - context.version - step) % 128
        if missing == 0 and not context.lost:
            context.version += step
            return None
        context.lost = True
        return _gap(context.version + 1)

    def _statements(self, context: Context) -> Tuple[int, ...]:
        return (1, 2) if context.keys is None else (1, 2, 1 + COMPACT, 2 + COMPACT)

    def _elements(self, context: Context, message: bytes) -> Optional[Record]:
        elements = Elements(message)
        head = [elements.next()] if elements.left else []
        code = head[0] if head and isinstance(head[0], (int, float)) and not isinstance(head[0], bool) else -1
        plain = code - COMPACT
        if context.keys is None or plain not in (0, 1, 2, 5):
            frame = self._array(context, [*head, *elements.rest()], message)
            if code in (1, 2) and context.keys is not None:
                context.keys = Names()
            return frame
        if plain in (1, 2):
            keys = _stated(elements.next())
            frame = self._array(context, [plain, *elements.rest(Compact(keys, False, text_of))], message)
            context.keys = keys
            return frame
        # The rule comes first; what it refuses is not looked at.
        head = [elements.next() for _ in range(1 if plain == 0 else 2)]
        step = 1 if plain == 0 else _step(head[0])
        version, lost = context.version, context.lost
        gap = self._version_rule(context, head[-1], step)
        if gap:
            return gap
        context.version, context.lost = version, lost  # it is looked at again with the rest
        return self._array(context, [plain, *head, *elements.rest(_learning(context))], message)

    def _array(self, context: Context, array: List[Any], message: bytes) -> Optional[Record]:
        code = at(array, 0)
        if isinstance(code, bool) or not isinstance(code, (int, float)):
            raise malformed("no code", "/0")
        if code in (0, 5):
            step = 1
            if code == 5:
                step = _step(at(array, 1))
            gap = self._version_rule(context, at(array, 1 if code == 0 else 2), step)
            if gap:
                return gap
            frame = _live(context, changes_of(context, array[2 if code == 0 else 3 :]), step)
            if self.state_of:
                start = {0xDC: 5, 0xDD: 7}.get(message[0], 3)
                context.remember(message[start if code == 0 else start + size_of_number(message[start - 1]) :])
            return frame
        if code in (1, 2):
            frame = _catch_up(context, array) if code == 1 else _snapshot(context, array)
            if self.state_of and not context.lost:
                _restate_recent(context, array[6 if code == 1 else 11 :])
            return frame
        if code == 4:
            return _checkpoint(context, array)
        raise malformed("select in another form", "/0") if code == 3 else DeltawireError("unknown_frame", str(code), "/0")


def _leb128(data: bytes, start: int) -> Tuple[int, int]:
    """A number, and where it ends."""
    number, end = 0, start
    while True:
        if end == len(data) or end == start + 5:
            raise malformed("no number", f"#byte={end}")
        number |= (data[end] & 0x7F) << (7 * (end - start))
        end += 1
        if data[end - 1] < 0x80:
            return number, end


def _append(context: Context, ordinal: Optional[int], appended: str) -> Record:
    message = context.at(ordinal).message
    change = context.append(ordinal, appended)
    return _live(context, [{"type": "message_patch", "id": message, "parts": [change]}])


def _appends(context: Context, data: bytes, start: int = 0) -> List[Record]:
    """The changes that appends to several parts stand for, from the first ordinal on."""
    changes: List[Record] = []
    count, end = 0, start
    while end < len(data):
        count += 1
        if count > MAX_LIST_LENGTH:
            raise DeltawireError("limit_exceeded", "max_list_length of appends", f"#byte={end}")
        ordinal, end = _leb128(data, end)
        length, begin_of_text = _leb128(data, end)
        end = begin_of_text + length
        if end > len(data):
            raise malformed("a text that goes past the end", f"#byte={begin_of_text}")
        message = context.at(ordinal).message
        change = context.append(ordinal, utf8(data[begin_of_text:end], begin_of_text))
        add_piece(changes, message, {"parts": [change]})
    return changes


def size_of_number(first: int) -> int:
    """How many bytes a number has in MessagePack, by its first one."""
    return {0xCC: 2, 0xD0: 2, 0xCD: 3, 0xD1: 3, 0xCA: 5, 0xCE: 5, 0xD2: 5, 0xCB: 9, 0xCF: 9, 0xD3: 9}.get(first, 1)


def _gap(begin: int) -> Record:
    """What an engine sees of frames that are missing: nothing, of a later version."""
    return {"type": "changes", "from": begin, "to": begin + 1, "changes": []}


def _live(context: Context, changes: List[Record], step: int = 1) -> Record:
    return {"type": "changes", "from": context.version - step, "to": context.version, "changes": changes}


def _step(value: Any) -> int:
    step = whole(value, "/1", True)
    if step < 2:
        raise malformed("no step over versions", "/1")
    return step


def _learning(context: Context) -> Compact:
    assert context.keys is not None
    return Compact(context.keys, True, text_of)


def _restate_names(context: Context, stated: Any) -> None:
    context.names = _stated(stated)


def _stated(stated: Any) -> Names:
    names = Names()
    if not list_(stated):
        return names
    names.first = whole(stated[0], "", True, NUMBERS - 1)
    for name in stated[1:]:
        if isinstance(name, str):
            names.intern(name)
    if names.stated != stated:
        raise malformed("names that cannot have come together")
    return names


def _restate_cursor(context: Context, cursor: Any) -> None:
    if cursor is not None:
        context.at(cursor)
    context.cursor = None if cursor is None else int(cursor)


def _restate_recent(context: Context, stated: List[Any]) -> None:
    context.recent = b"" if at([*stated, None], 0) is None else stated[0]
    if not isinstance(context.recent, bytes) or len(context.recent) > MAX_RECENT_BYTES:
        raise malformed("recent bytes that are none, or too many")


def _catch_up(context: Context, array: List[Any]) -> Record:
    names, parts, cursor = (at(at(array, 4), index) for index in range(3))
    context.empty()
    _restate_names(context, names)
    for entry in list_(parts):
        ordinal, length = whole(at(entry, 0), "", True), at(entry, 3)
        length = None if length is None else whole(length, "", True)
        message, part = id_(at(entry, 1), "", True), id_(at(entry, 2), "", True)
        context.begin(ordinal, message, part, length, tip_of(entry) if length is None else None)
    _restate_cursor(context, cursor)
    context.version = whole(at(array, 2), "/to", True)
    context.lost = False
    frame = {"type": "changes", "from": at(array, 1), "to": at(array, 2), "changes": at(array, 5)}
    return {**frame, **optional(request=at(array, 3))}


def _snapshot(context: Context, array: List[Any]) -> Record:
    request, epoch, seq, more, attributes, closed, names, cursor, messages = (at(array, i) for i in range(1, 10))
    if not isinstance(more, bool):
        raise malformed("more is neither true nor false")
    goes_on = context.chunk == (request, seq)
    if not goes_on:
        context.empty()
    context.chunk = (request, seq) if more else None
    context.lost = True
    _restate_names(context, names)
    frame = {"type": "snapshot", "request": request, "epoch": epoch, "seq": seq}
    frame.update(optional(more=more or None, attributes=attributes))
    if closed is not None:
        frame["closed"] = closed_of(list_(closed))
    frame.update(optional(earlier=array[10] if len(array) > 10 else None))
    frame["messages"] = [_message(context, value, goes_on) for value in list_(messages)]
    if not more:
        context.version = whole(seq, "/3", True)
        context.lost = False
        _restate_cursor(context, cursor)
    return frame


def _message(context: Context, value: Any, goes_on: bool) -> Record:
    message = {"id": at(value, 0), "generation": at(value, 1)}
    role, kind, origin = (name_of(context, at(value, index), False) for index in (2, 3, 5))
    message.update(optional(role=role, kind=kind, attributes=at(value, 4), origin=origin))
    message["status"] = code_of(STATUSES, at(value, 7))
    is_open = message["status"] in ("streaming", "interrupted")
    message["parts"] = [begin(context, message["id"], part, goes_on) if is_open else part_of(part)
                        for part in list_(at(value, 6))]
    return {**message, **error_of(at(value, 8))}


def _checkpoint(context: Context, array: List[Any]) -> Optional[Record]:
    if context.lost:
        return None
    length, crc32 = at(array, 3), at(array, 4)
    seq, ordinal = whole(array[1], "/1", True), whole(array[2], "/2", True)
    if seq > context.version:
        # Frames are missing, and with them perhaps the part: the engine sees a gap.
        context.lost = True
        return _gap(context.version + 1)
    entry = context.at(ordinal)
    return {"type": "checkpoint", "seq": seq, "message": entry.message, "part": entry.part,
            "length": length, "crc32": crc32}
