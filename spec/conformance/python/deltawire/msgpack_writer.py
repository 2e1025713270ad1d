"""The writing end of the MessagePack codec (sections 8.2 and 9): one for each direction of a connection."""

from typing import Any, Dict, List, Optional

from . import text
from .compact import pack_live, pack_statement
from .context import Context
from .errors import MAX_CHANNELS
from .frame import KINDS, STATUSES, check_frame
from .msgpack import pack
from .msgpack_reader import BY_ORDINAL, CONNECTION_FRAMES, SEVERAL
from .msgpack_tuples import OPERATIONS
from .state import FINAL, content_of

Record = Dict[str, Any]


class MsgpackWriter:
    def __init__(self) -> None:
        self.numbers: Dict[str, int] = {}
        self.next_number = 0
        self.selected: Optional[str] = None
        self.contexts: Dict[str, Context] = {}

    def context(self, channel: str) -> Context:
        return self.contexts.setdefault(channel, Context())

    def producing(self, channel: str, seq: int) -> None:
        self.contexts[channel] = Context(seq)

    def write(self, frame: Record, after: Optional[Record] = None) -> List[bytes]:
        """The WebSocket messages that carry a frame: one, and a `select` before it where it is needed.

        With `after`, the state that changes lead to, they go as a catch-up, which states a new context after them.
        """
        frame = check_frame(frame, binary=True)
        if frame["type"] in CONNECTION_FRAMES:
            return [pack(frame)]
        channel = frame.pop("channel")
        if after is not None:
            context = self.contexts[channel] = _context_of(after, frame["to"])
            return [*self._select(channel), pack(_catch_up(context, frame))]
        return [*self._select(channel), self._write(self.context(channel), frame)]

    def _select(self, channel: str) -> List[bytes]:
        if channel == self.selected:
            return []
        self.selected = channel
        if channel in self.numbers:
            return [pack([3, self.numbers[channel]])]
        number = self.next_number % MAX_CHANNELS
        self.next_number += 1
        self.numbers = {name: other for name, other in self.numbers.items() if other != number}
        self.numbers[channel] = number
        return [pack([3, number, channel])]

    def _write(self, context: Context, frame: Record) -> bytes:
        kind = frame["type"]
        if kind == "snapshot":
            return pack_statement(context.keys, _snapshot(context, frame))
        if kind == "checkpoint":
            ordinal = context.ordinal_of(frame["message"], frame["part"])
            return pack([4, frame["seq"], ordinal, frame["length"], frame["crc32"]])
        if kind != "changes":
            return pack(frame)
        if "request" in frame or (frame["to"] > frame["from"] + 1 and context.version != frame["from"]):
            return pack_statement(context.keys, _catch_up(context, frame))
        cursor = context.cursor
        tuples = _tuples(context, frame["changes"])
        context.version = frame["to"]
        low = frame["to"] % 128
        if frame["to"] > frame["from"] + 1:
            return pack_live(context.keys, [5, frame["to"] - frame["from"], low, *tuples])
        appends = _appends_of(tuples)
        if len(appends) > 1:
            pieces = (_leb128(ordinal) + _leb128(len(data)) + data for ordinal, data in appends.items())
            return bytes([SEVERAL, low]) + b"".join(pieces)
        for ordinal, data in appends.items():
            return bytes([low]) + data if ordinal == cursor else bytes([BY_ORDINAL, low]) + _leb128(ordinal) + data
        return pack_live(context.keys, [0, low, *tuples])


def _appends_of(tuples: List[List[Any]]) -> Dict[int, bytes]:
    """What is appended to each part, if tuples are nothing but appends and each is to another part; else nothing."""
    if any(value[0] != 12 for value in tuples):
        return {}
    appends = {ordinal: appended.encode() for _, ordinal, appended in tuples}
    return appends if len(appends) == len(tuples) else {}


def _leb128(number: int) -> bytes:
    result = b""
    while number >= 0x80:
        result += bytes([number & 0x7F | 0x80])
        number >>= 7
    return result + bytes([number])


def _name(context: Context, name: Optional[str]) -> Any:
    written = _stated(context, name)
    if name is not None:
        context.names.intern(name)
    return written


def _stated(context: Context, name: Optional[str]) -> Any:
    return None if name is None else context.names.written(name)


def _error(record: Record) -> Any:
    return [record["error"]["code"], record["error"].get("message")] if "error" in record else None


def _closed(record: Record) -> List[Any]:
    if "error" in record:
        return [record.get("reason"), _error(record)]
    return [record["reason"]] if "reason" in record else []


def _part(part: Record) -> List[Any]:
    content = content_of(part)
    if "start" in part or "base" in part:
        content = [content, part.get("start"), part.get("base")]
    return [part["id"], KINDS.index(part["kind"]), content]


def _begun(context: Context, message: str, part: Record) -> List[Any]:
    ordinal = context.next
    context.begin(ordinal, message, part["id"], text.units(part["text"]) if part["kind"] == "text" else None)
    return [*_part(part), ordinal]


def _operations(context: Context, operations: List[Record]) -> List[Any]:
    result = []
    for operation in operations:
        rest = [operation[field] for field in ("value", "changed_offset", "removed", "text") if field in operation]
        result.append([OPERATIONS.index(operation["op"]), _name(context, operation["path"]), *rest])
    return result


def _tuples(context: Context, changes: List[Record]) -> List[List[Any]]:
    return [value for change in changes for value in _tuples_of(context, change)]


def _tuples_of(context: Context, change: Record) -> List[List[Any]]:
    kind = change["type"]
    if kind == "channel_patch":
        return [[3, *_operations(context, change["attributes"])]]
    if kind == "channel_closed":
        return [[4, *_closed(change)]]
    message = change["id"]
    if kind == "message_patch":
        tuples = [_part_change(context, message, entry) for entry in change.get("parts", [])]
        if "attributes" in change:
            tuples.append([10, message, *_operations(context, change["attributes"])])
        if "status" in change:
            tuples.append([11, message, STATUSES.index(change["status"])])
        if "origin" in change:
            tuples.append([13, message, _name(context, change["origin"])])
        return tuples
    if kind == "message_completed":
        digests = []
        for digest in change["digests"]:
            ordinal = context.ordinal_of(message, digest["part"])
            digests.append([digest["part"] if ordinal is None else ordinal, digest["length"], digest["crc32"]])
        context.end_message(message)
        return [[1, message, STATUSES.index(change["status"]), _error(change), *digests]]
    context.end_message(message)
    if kind == "message_removed":
        return [[2, message]]
    head = [0, message, change["generation"], _name(context, change["role"]), _name(context, change.get("kind"))]
    head += [change.get("attributes"), _name(context, change.get("origin"))]
    if "status" not in change:
        return [[*head, [_begun(context, message, part) for part in change["parts"]]]]
    end = [STATUSES.index(change["status"]), *([_error(change)] if "error" in change else [])]
    return [[*head, [_part(part) for part in change["parts"]], *end]]


def _part_change(context: Context, message: str, change: Record) -> List[Any]:
    kind = change["type"]
    if kind == "part_inserted":
        before = [change["before"]] if "before" in change else []
        return [8, message, _begun(context, message, change["content"]), *before]
    ordinal = context.ordinal_of(message, change["part"])
    if ordinal is None:
        raise ValueError(f"the part {change['part']!r} has no ordinal")
    appended = context.appends(ordinal, change)
    if appended is not None:
        context.append(ordinal, appended)
        return [12, ordinal, appended]
    if kind == "json_patch":
        context.patched(ordinal, change["operations"])
        return [6, ordinal, *_operations(context, change["operations"])]
    if kind == "bytes_patch":
        rest = [change.get("base"), change["skipped"]] if "skipped" in change else [change["base"]] if "base" in change else []
        return [7, ordinal, change["trimmed"], change["appended"], *rest]
    if kind == "part_removed":
        context.end(ordinal)
        return [9, ordinal]
    splices = change["splices"]
    for edit in splices:
        context.grow(ordinal, text.units(edit["text"]) - edit["removed"])
    fields = [(edit["changed_offset"], edit["removed"], edit["text"]) for edit in splices]
    return [5, ordinal, *(element for edit in fields for element in edit)]


def _catch_up(context: Context, frame: Record) -> List[Any]:
    """States the context after the frame; one that has not seen the changes yet is taken through them."""
    if context.version != frame["to"]:
        names = context.names.copy()
        _tuples(context, frame["changes"])
        context.names, context.version = names, frame["to"]
    parts = [[ordinal, *entry.stated] for ordinal, entry in sorted(context.parts.items())]
    stated = [context.names.stated, parts, context.cursor]
    return [1, frame["from"], frame["to"], frame.get("request"), stated, frame["changes"]]


def _context_of(state: Record, version: int) -> Context:
    """Every part of an open message has a number, in document order; there are no names and no cursor."""
    context = Context(version)
    for message in state["messages"]:
        for part in message["parts"] if message["status"] not in FINAL else []:
            _begun(context, message["id"], part)
    return context


def _snapshot(context: Context, frame: Record) -> List[Any]:
    """States the ordinals that the context has, and numbers the parts that have none."""
    messages = []
    begun = context.chunk or set()
    for message in frame["messages"]:
        parts = []
        for part in message["parts"]:
            ordinal = context.ordinal_of(message["id"], part["id"])
            if message["status"] in FINAL:
                parts.append(_part(part))
            elif ordinal is None:
                begun.add(context.next)
                parts.append(_begun(context, message["id"], part))
            else:
                parts.append([*_part(part), ordinal, *(context.at(ordinal).tip or ())])
                if ordinal in begun and part["kind"] == "text":
                    context.grow(ordinal, text.units(part["text"]))
        names = [_stated(context, message.get(field)) for field in ("role", "kind", "origin")]
        messages.append([message["id"], message["generation"], names[0], names[1], message.get("attributes"), names[2],
                         parts, STATUSES.index(message["status"]), _error(message)])
    more = frame.get("more", False)
    context.version, context.chunk = frame["seq"], begun if more else None
    return [2, frame["request"], frame["epoch"], frame["seq"], more, frame.get("attributes"),
            _closed(frame["closed"]) if "closed" in frame else None, context.names.stated, context.cursor, messages,
            *([frame["earlier"]] if frame.get("earlier") else [])]
