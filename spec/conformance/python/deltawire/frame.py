"""The tables of frames, changes and parts (sections 4 and 5), and the check of a frame against them.

A checker takes a value, its path in the frame, and whether the codec has bytes of its own (MessagePack) or base64
(JSON). It returns the value as engines see it: known fields only, in the order of the tables, bytes as `bytes`.
"""

import base64
import binascii
from typing import Any, Callable, Dict, List, Tuple

from . import errors, filters, json_value, text
from .errors import DeltawireError, malformed

Checker = Callable[[Any, str, bool], Any]
Field = Tuple[str, Checker, bool]


def whole(value: Any, path: str, binary: bool, bound: int = errors.MAX_WHOLE) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= bound or value != int(value):
        raise malformed(f"not a whole number from 0 to {bound}", path)
    return int(value)


def whole_of_32_bits(value: Any, path: str, binary: bool) -> int:
    return whole(value, path, binary, 2**32 - 1)


def text_of(least: int = 0, most: int = 0, limit: str = "") -> Checker:
    def check(value: Any, path: str, binary: bool) -> str:
        if not isinstance(value, str) or len(value) < least:
            raise malformed("not a text, or empty", path)
        if most and text.units(value) > most:
            raise DeltawireError("limit_exceeded", limit, path)
        return json_value.check_text(value, path)

    return check


def choice(*values: Any) -> Checker:
    def check(value: Any, path: str, binary: bool) -> Any:
        for known in values:
            if type(value) is type(known) and value == known:
                return value
        raise malformed(f"none of {values}", path)

    return check


def bytes_(value: Any, path: str, binary: bool) -> bytes:
    if binary and isinstance(value, bytes):
        return value
    if not binary and isinstance(value, str):
        try:
            decoded = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as failure:
            raise malformed("not base64", path) from failure
        if base64.b64encode(decoded).decode() == value:
            return decoded
    raise malformed("not bytes", path)


def any_value(value: Any, path: str, binary: bool) -> Any:
    return json_value.check_size(json_value.check(value, path), path)


def argument(value: Any, path: str, binary: bool) -> Any:
    """The value of a command, or of its result."""
    value = json_value.check(value, path)
    if json_value.size(value) > errors.MAX_COMMAND_SIZE:
        raise DeltawireError("limit_exceeded", "max_command_size", path)
    return value


def object_(value: Any, path: str, binary: bool) -> Any:
    if not isinstance(value, dict):
        raise malformed("not an object", path)
    return any_value(value, path, binary)


def list_of(item: Checker, most: int = errors.MAX_LIST_LENGTH, limit: str = "max_list_length") -> Checker:
    def check(value: Any, path: str, binary: bool) -> List[Any]:
        if not isinstance(value, list):
            raise malformed("not a list", path)
        if len(value) > most:
            raise DeltawireError("limit_exceeded", limit, path)
        return [item(entry, f"{path}/{index}", binary) for index, entry in enumerate(value)]

    return check


def record(*fields: Field) -> Checker:
    def check(value: Any, path: str, binary: bool) -> Dict[str, Any]:
        if not isinstance(value, dict):
            raise malformed("not an object", path)
        result = {}
        for name, checker, required in fields:
            if name in value:
                result[name] = checker(value[name], f"{path}/{name}", binary)
            elif required:
                raise malformed("missing", f"{path}/{name}")
        return result

    return check


def tagged(tag: str, cases: Dict[str, Checker]) -> Checker:
    def check(value: Any, path: str, binary: bool) -> Dict[str, Any]:
        if not isinstance(value, dict):
            raise malformed("not an object", path)
        kind = value.get(tag)
        if not isinstance(kind, str) or kind not in cases:
            raise malformed(f"unknown {tag}", f"{path}/{tag}")
        return {tag: kind, **cases[kind](value, path, binary)}

    return check


def yes(name: str, checker: Checker) -> Field:
    return name, checker, True


def no(name: str, checker: Checker) -> Field:
    return name, checker, False


id_ = text_of(1, errors.MAX_ID_LENGTH, "max_id_length")
name_ = text_of(0, errors.MAX_NAME_LENGTH, "max_name_length")
code_ = text_of(1, errors.MAX_NAME_LENGTH, "max_name_length")
note = text_of(0, errors.MAX_NOTE_LENGTH, "max_note_length")
path_ = text_of(0, errors.MAX_PATH_LENGTH, "max_path_length")
plain = text_of()


_value = yes("value", lambda value, path, binary: json_value.check(value, path))
# Whether a path is a pointer, and a value fits its place, is looked at where the operation applies.
operation = tagged("op", {
    "add": record(yes("path", path_), _value),
    "remove": record(yes("path", path_)),
    "replace": record(yes("path", path_), _value),
    "splice": record(yes("path", path_), yes("changed_offset", whole), yes("removed", whole), yes("text", plain)),
})


ERROR = record(yes("code", name_), no("message", note))
CLOSED = record(no("reason", note), no("error", ERROR))
DIGEST = record(yes("part", id_), yes("length", whole), yes("crc32", whole_of_32_bits))
SPLICE = record(yes("changed_offset", whole), yes("removed", whole), yes("text", plain))
OPERATIONS = list_of(operation)

_contents = {
    "text": [yes("text", plain)],
    "json": [yes("value", any_value)],
    "bytes": [yes("bytes", bytes_), no("start", whole), no("base", bytes_)],
}
_PARTS_BY_KIND = tagged("kind", {
    kind: record(yes("id", id_), yes("kind", choice(kind)), *content) for kind, content in _contents.items()
})


def part(value: Any, path: str, binary: bool) -> Dict[str, Any]:
    result = _PARTS_BY_KIND(value, path, binary)
    return {"id": result.pop("id"), **result}


_PARTS = list_of(part, errors.MAX_PARTS, "max_parts")
_MESSAGE = (
    yes("id", id_), yes("generation", whole), yes("role", name_), no("kind", name_), no("attributes", object_),
    no("origin", id_), yes("parts", _PARTS),
)
_FINAL = ("completed", "failed", "cancelled")
STATUSES = ("streaming", "interrupted", "completed", "failed", "cancelled")
KINDS = ("text", "json", "bytes")
SNAPSHOT_MESSAGE = record(*_MESSAGE, yes("status", choice(*STATUSES)), no("error", ERROR))

PART_CHANGE = tagged("type", {
    "part_inserted": record(yes("content", part), no("before", id_)),
    "part_removed": record(yes("part", id_)),
    "text_splice": record(yes("part", id_), yes("splices", list_of(SPLICE))),
    "json_patch": record(yes("part", id_), yes("operations", OPERATIONS)),
    "bytes_patch": record(
        yes("part", id_), yes("trimmed", whole), yes("appended", bytes_), no("base", bytes_), no("skipped", whole),
    ),
})

CHANGE = tagged("type", {
    "message_added": record(*_MESSAGE, no("status", choice(*_FINAL)), no("error", ERROR)),
    "message_patch": record(
        yes("id", id_), no("parts", list_of(PART_CHANGE)), no("attributes", OPERATIONS),
        no("status", choice("streaming", "interrupted")), no("origin", id_),
    ),
    "message_completed": record(
        yes("id", id_), yes("status", choice(*_FINAL)), no("error", ERROR),
        yes("digests", list_of(DIGEST, errors.MAX_PARTS, "max_parts")),
    ),
    "message_removed": record(yes("id", id_)),
    "channel_patch": record(yes("attributes", OPERATIONS)),
    "channel_closed": CLOSED,
})

_channel, _epoch, _seq, _request = yes("channel", id_), yes("epoch", id_), yes("seq", whole), yes("request", whole)
_messages = yes("messages", list_of(SNAPSHOT_MESSAGE, errors.MAX_MESSAGES, "max_messages"))
_REFUSED = record(yes("message", id_), yes("code", code_), yes("count", whole))
FRAMES: Dict[str, Checker] = {
    "hello": record(
        yes("version", whole), no("token", note), no("client", name_), no("capabilities", list_of(plain)),
    ),
    "welcome": record(
        yes("version", whole), yes("durability", choice("memory", "disk", "shared")), no("heartbeat", whole),
        no("expires_in", whole), no("server", name_), no("capabilities", list_of(plain)),
    ),
    "authenticate": record(yes("token", note)),
    "authenticated": record(no("expires_in", whole)),
    "subscribe": record(
        _channel, _request, no("epoch", id_), no("seq", whole), no("last", whole), no("filter", filters.check)
    ),
    "subscribed": record(_channel, _request, _epoch, _seq, yes("answer", choice("current", "changes", "snapshot"))),
    "unsubscribe": record(_channel),
    "snapshot": record(
        _channel, _request, _epoch, _seq, no("more", choice(True)), no("attributes", object_), no("closed", CLOSED),
        no("earlier", whole), _messages,
    ),
    "history": record(_channel, _request, yes("before", id_), yes("last", whole), no("filter", filters.check)),
    "history_page": record(_channel, _request, _epoch, _seq, no("earlier", whole), _messages),
    "produce": record(
        _channel, yes("producer", id_), no("instance", id_), no("token", whole), no("seq", whole),
        no("commands", choice(True)),
    ),
    "producing": record(
        _channel, yes("producer", id_), _epoch, _seq, yes("token", whole), no("lease", whole),
        no("refused", list_of(_REFUSED)),
    ),
    "changes": record(
        _channel, yes("from", whole), yes("to", whole), no("request", whole), yes("changes", list_of(CHANGE))
    ),
    "ack": record(_channel, _seq, no("refused", list_of(_REFUSED))),
    "checkpoint": record(
        _channel, _seq, yes("message", id_), yes("part", id_), yes("length", whole), yes("crc32", whole_of_32_bits)
    ),
    "command": record(
        _channel, yes("id", id_), yes("name", code_), no("value", argument), no("message", id_), no("timeout", whole),
        no("by", id_),
    ),
    "command_result": record(
        _channel, yes("id", id_), yes("status", choice("accepted", "done", "failed")), no("value", argument),
        no("error", ERROR), no("by", id_),
    ),
    "ping": record(no("id", whole)),
    "pong": record(no("id", whole)),
    "error": record(yes("code", code_), yes("message", note), no("channel", id_), no("request", whole), no("path", path_)),
    "goodbye": record(yes("reason", note), no("retry_after", whole)),
}


def check_frame(value: Any, binary: bool) -> Dict[str, Any]:
    """The frame as engines see it, or the first error in the order of section 5."""
    if not isinstance(value, dict):
        raise malformed("not an object")
    kind = value.get("type")
    if not isinstance(kind, str):
        raise malformed("no type", "/type")
    if kind not in FRAMES:
        raise DeltawireError("unknown_frame", kind, "/type")
    version = value.get("version")
    if kind in ("hello", "welcome") and (isinstance(version, bool) or version != 1):
        raise DeltawireError("unsupported_version", "not 1", "/version")
    frame = {"type": kind, **FRAMES[kind](value, "", binary)}
    if kind == "subscribe" and ("epoch" in frame) != ("seq" in frame):
        raise malformed("one without the other", "/epoch")
    if kind == "changes" and frame["to"] < frame["from"] + ("request" not in frame):
        raise malformed("not after from", "/to")
    return frame
