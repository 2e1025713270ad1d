"""Reading what the array frames of the MessagePack codec hold: tuples, parts and names (sections 8.2 and 9)."""

from typing import Any, Dict, List, Optional

from . import text
from .context import Context, Tip
from .errors import malformed
from .frame import KINDS, STATUSES, id_, name_, whole
from .state import CONTENT

Record = Dict[str, Any]
OPERATIONS = ("add", "remove", "replace", "splice")


def at(array: Any, index: int) -> Any:
    if not isinstance(array, list) or index >= len(array):
        raise malformed(f"no array, or no element {index}")
    return array[index]


def optional(**fields: Any) -> Record:
    return {field: value for field, value in fields.items() if value is not None}


def code_of(names: Any, code: Any) -> str:
    index = whole(code, "", True)
    if index >= len(names):
        raise malformed(f"unknown code {index}")
    return names[index]


def list_(value: Any) -> List[Any]:
    if not isinstance(value, list):
        raise malformed("not a list")
    return value


def name_of(context: Context, value: Any, interned: bool = True) -> Any:
    if value is None:
        return None
    if not isinstance(value, (str, list)):
        return context.names.named(whole(value, "", True))
    name = value
    if isinstance(value, list):
        rest = at(value, 1)
        if not isinstance(rest, str):
            raise malformed("a rest of a name that is no text")
        name = context.names.named(whole(at(value, 0), "", True)) + rest
    if interned:
        context.names.intern(name)
    return name


def error_of(value: Any) -> Record:
    return optional(error=None if value is None else optional(code=at(value, 0), message=at(value, 1)))


def closed_of(value: List[Any]) -> Record:
    """The end of a channel: `[]`, `[reason]`, or `[reason or nil, error]`."""
    reason, error = [*value, None, None][:2]
    return {**optional(reason=reason), **error_of(error)}


def part_of(value: Any) -> Record:
    kind, content, rest = code_of(KINDS, at(value, 1)), at(value, 2), {}
    if kind == "bytes" and isinstance(content, list):
        content, start, base = (at(content, index) for index in range(3))
        rest = optional(start=start, base=base)
    return {"id": at(value, 0), "kind": kind, CONTENT[kind]: content, **rest}


def tip_of(value: List[Any]) -> Optional[Tip]:
    """What stands behind the four elements of a numbered part."""
    if len(value) < 5 or value[4] is None:
        return None
    return Tip(name_(value[4], "", True), whole(at(value, 5), "", True))


def begin(context: Context, message: Any, tuple_: Any, goes_on: bool = False) -> Record:
    """An open part, which gets the ordinal that is stated; in a further chunk of a snapshot one may go on."""
    part = part_of(tuple_)
    message, id_of_part = id_(message, "", True), id_(part["id"], "", True)
    length = text.units(part["text"]) if isinstance(part.get("text"), str) else None
    ordinal = whole(at(tuple_, 3), "", True)
    if goes_on and ordinal in context.parts and context.parts[ordinal][:2] == (message, id_of_part):
        context.grow(ordinal, length or 0)
    else:
        context.begin(ordinal, message, id_of_part, length, tip_of(tuple_) if part["kind"] == "json" else None)
    return part


def _operations(context: Context, values: List[Any]) -> List[Record]:
    operations = []
    for value in values:
        op = code_of(OPERATIONS, at(value, 0))
        operation = {"op": op, "path": name_of(context, at(value, 1))}
        if op == "splice":
            operation.update(changed_offset=at(value, 2), removed=at(value, 3), text=at(value, 4))
        elif op != "remove":
            operation["value"] = at(value, 2)
        operations.append(operation)
    return operations


def changes_of(context: Context, tuples: List[Any]) -> List[Record]:
    """The changes of a live frame; consecutive pieces of one message make one patch."""
    changes: List[Record] = []
    for value in tuples:
        code = whole(at(value, 0), "", True)
        if code <= 4:
            changes.append(_whole_change(context, code, value))
            continue
        add_piece(changes, *_piece(context, code, value))
    return changes


def add_piece(changes: List[Record], message: str, piece: Record) -> None:
    """Adds to the patch that is last, if it is one of this message; else a patch begins."""
    if not (changes and changes[-1]["type"] == "message_patch" and changes[-1]["id"] == message):
        changes.append({"type": "message_patch", "id": message})
    for field, entry in piece.items():
        if isinstance(entry, list):
            changes[-1].setdefault(field, []).extend(entry)
        else:
            changes[-1][field] = entry


def _whole_change(context: Context, code: int, value: List[Any]) -> Record:
    if code == 3:
        return {"type": "channel_patch", "attributes": _operations(context, value[1:])}
    if code == 4:
        return {"type": "channel_closed", **closed_of(value[1:])}
    message = id_(at(value, 1), "", True)
    if code == 1:
        change = {"type": "message_completed", "id": message, "status": code_of(STATUSES, at(value, 2))}
        digests = []
        for digest in value[4:]:
            part = at(digest, 0)
            part = part if isinstance(part, str) else context.at(part).part
            digests.append({"part": part, "length": at(digest, 1), "crc32": at(digest, 2)})
        change.update(error_of(at(value, 3)), digests=digests)
    context.end_message(message)
    if code == 2:
        return {"type": "message_removed", "id": message}
    if code == 0:
        change = {"type": "message_added", "id": message, "generation": at(value, 2)}
        change.update(optional(role=name_of(context, at(value, 3)), kind=name_of(context, at(value, 4)),
                                attributes=at(value, 5), origin=name_of(context, at(value, 6))))
        code, error = [*value[8:], None, None][:2]
        change.update(optional(status=None if code is None else code_of(STATUSES, code)), **error_of(error))
        change["parts"] = [part_of(part) if "status" in change else begin(context, message, part)
                           for part in list_(at(value, 7))]
    return change


def _piece(context: Context, code: int, value: List[Any]) -> Any:
    """The message that a piece of a patch is about, and the fields of the patch that it adds to."""
    if code in (8, 10, 11, 13):
        message = id_(at(value, 1), "", True)
        if code == 8:
            change = {"type": "part_inserted", "content": begin(context, message, at(value, 2))}
            return message, {"parts": [{**change, **optional(before=value[3] if len(value) > 3 else None)}]}
        if code == 10:
            return message, {"attributes": _operations(context, value[2:])}
        if code == 11:
            return message, {"status": code_of(STATUSES, at(value, 2))}
        return message, {"origin": name_of(context, at(value, 2))}
    if code not in (5, 6, 7, 9, 12):
        raise malformed(f"unknown tuple {code}")
    ordinal = at(value, 1)
    entry = context.at(ordinal)
    if code == 5:
        edits = [{"changed_offset": at(value, i), "removed": at(value, i + 1), "text": at(value, i + 2)}
                 for i in range(2, len(value), 3)]
        for edit in edits:
            if isinstance(edit["text"], str):
                context.grow(ordinal, text.units(edit["text"]) - whole(edit["removed"], "", True))
        change = {"type": "text_splice", "part": entry.part, "splices": edits}
    elif code == 6:
        change = {"type": "json_patch", "part": entry.part, "operations": _operations(context, value[2:])}
        context.patched(ordinal, change["operations"])
    elif code == 7:
        change = {"type": "bytes_patch", "part": entry.part, "trimmed": at(value, 2), "appended": at(value, 3)}
        base, skipped = [*value[4:], None, None][:2]
        change.update(optional(base=base, skipped=skipped))
    elif code == 9:
        context.end(ordinal)
        change = {"type": "part_removed", "part": entry.part}
    else:
        appended = at(value, 2)
        if not isinstance(appended, str):
            raise malformed("not a text")
        change = context.append(ordinal, appended)
    return entry.message, {"parts": [change]}
