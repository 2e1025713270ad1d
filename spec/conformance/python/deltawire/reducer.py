"""The reducer: `apply(state, frame)` of section 4, and a composition of two frames (6.7)."""

from typing import Any, Dict

from . import json_value, text
from .errors import MAX_MESSAGES, MAX_PARTS, DeltawireError, malformed
from .state import (
    CONTENT, FINAL, State, check_bytes, check_size, digests_of, is_before_window, place_of, size_of, stated,
)

Record = Dict[str, Any]


def apply(state: State, frame: Record) -> State:
    if frame["from"] != state["seq"]:
        raise DeltawireError("gap", f"from {frame['from']}, held {state['seq']}", "/from")
    draft = {**state, "messages": list(state["messages"])}
    for index, change in enumerate(frame["changes"]):
        path = f"/changes/{index}"
        if "closed" in draft:
            raise DeltawireError("channel_closed", "the channel has ended", path)
        if change["type"] in _OF_A_MESSAGE and is_before_window(draft, change["id"]):
            continue
        _CHANGES[change["type"]](draft, change, path)
    draft["seq"] = frame["to"]
    return draft


def compose(first: Record, second: Record) -> Record:
    """One frame that does what two do: its changes simply follow each other."""
    if first["to"] != second["from"]:
        raise DeltawireError("gap", "the second does not begin where the first ends", "/from")
    return {**first, "to": second["to"], "changes": first["changes"] + second["changes"]}


def _message_added(draft: State, change: Record, path: str) -> None:
    place = place_of(draft["messages"], change["id"])
    if change["generation"] > 0 and is_before_window(draft, change["id"]):
        raise DeltawireError("gap", "perhaps a message before the window", path + "/generation")
    if place < 0 and len(draft["messages"]) >= MAX_MESSAGES:
        raise DeltawireError("limit_exceeded", "max_messages", path)
    if place >= 0:
        held = draft["messages"][place]
        if change["generation"] < held["generation"]:
            raise DeltawireError("stale_generation", f"at {held['generation']}", path + "/generation")
        if change["generation"] == held["generation"] and held["status"] in FINAL:
            raise DeltawireError("message_final", held["status"], path + "/generation")
    if "error" in change and "status" not in change:
        raise malformed("what went wrong with a message that is open", path + "/error")
    if len({part["id"] for part in change["parts"]}) < len(change["parts"]):
        raise DeltawireError("part_exists", "two parts of one id", path + "/parts")
    message = {"attributes": {}, "status": "streaming", **change}
    del message["type"]
    message["parts"] = [_begun(part, path) for part in change["parts"]]
    check_size(size_of(message), path)
    if place < 0:
        draft["messages"].append(message)
    else:
        draft["messages"][place] = message


def _message_patch(draft: State, change: Record, path: str) -> None:
    place = place_of(draft["messages"], change["id"])
    if place < 0:
        raise DeltawireError("unknown_message", change["id"], path + "/id")
    message = draft["messages"][place]
    if message["status"] in FINAL:
        raise DeltawireError("message_final", message["status"], path + "/id")
    message = {**message, "parts": list(message["parts"])}
    for index, part_change in enumerate(change.get("parts", [])):
        _change_part(message["parts"], part_change, f"{path}/parts/{index}")
    if "attributes" in change:
        message["attributes"] = _attributes(message["attributes"], change, path)
    message.update({field: change[field] for field in ("status", "origin") if field in change})
    check_size(size_of(message), path)
    draft["messages"][place] = message


def _change_part(parts: list, change: Record, path: str) -> None:
    kind = change["type"]
    if kind == "part_inserted":
        if place_of(parts, change["content"]["id"]) >= 0:
            raise DeltawireError("part_exists", change["content"]["id"], path + "/content/id")
        if len(parts) >= MAX_PARTS:
            raise DeltawireError("limit_exceeded", "max_parts", path)
        place = place_of(parts, change["before"]) if "before" in change else len(parts)
        if place < 0:
            raise DeltawireError("unknown_part", change["before"], path + "/before")
        parts.insert(place, _begun(change["content"], path))
        return
    place = place_of(parts, change["part"])
    if place < 0:
        raise DeltawireError("unknown_part", change["part"], path + "/part")
    if kind == "part_removed":
        del parts[place]
        return
    part = parts[place]
    if part["kind"] != {"text_splice": "text", "json_patch": "json", "bytes_patch": "bytes"}[kind]:
        raise DeltawireError("wrong_part_kind", part["kind"], path)
    old = part[CONTENT[part["kind"]]]
    if kind == "text_splice":
        paths = [f"{path}/splices/{index}/changed_offset" for index in range(len(change["splices"]))]
        new: Any = text.splice(old, change["splices"], paths)
    elif kind == "json_patch":
        new = json_value.patched(old, change["operations"], path + "/operations")
    else:
        parts[place] = _patched_bytes(part, change, path)
        return
    parts[place] = {**part, CONTENT[part["kind"]]: new}


def _begun(part: Record, path: str) -> Record:
    return check_bytes(stated(part), path) if part["kind"] == "bytes" else part


def _patched_bytes(part: Record, change: Record, path: str) -> Record:
    trimmed, skipped, held = change["trimmed"], change.get("skipped", 0), part["bytes"]
    if trimmed > len(held) + len(change["appended"]):
        raise DeltawireError("offset_out_of_range", f"of {len(held) + len(change['appended'])} bytes", path + "/trimmed")
    if skipped > 0 and trimmed != len(held):
        raise DeltawireError("offset_out_of_range", f"{len(held)} bytes were there", path + "/skipped")
    rest = change["appended"] if skipped > 0 else (held + change["appended"])[trimmed:]
    base = change.get("base", part.get("base", b""))
    start = part.get("start", 0) + trimmed + skipped
    return check_bytes(stated({**part, "bytes": rest, "start": start, "base": base}), path)


def _message_completed(draft: State, change: Record, path: str) -> None:
    place = place_of(draft["messages"], change["id"])
    if place < 0:
        raise DeltawireError("unknown_message", change["id"], path + "/id")
    message = draft["messages"][place]
    if message["status"] in FINAL:
        return
    stated = [(digest["part"], digest["length"], digest["crc32"]) for digest in change["digests"]]
    if stated != digests_of(message):
        raise DeltawireError("digest_mismatch", f"held {digests_of(message)}", path + "/digests")
    ending = {field: change[field] for field in ("status", "error") if field in change}
    draft["messages"][place] = {**message, **ending}


def _message_removed(draft: State, change: Record, path: str) -> None:
    draft["messages"] = [message for message in draft["messages"] if message["id"] != change["id"]]


def _channel_patch(draft: State, change: Record, path: str) -> None:
    draft["attributes"] = _attributes(draft["attributes"], change, path)


def _channel_closed(draft: State, change: Record, path: str) -> None:
    draft["closed"] = {field: change[field] for field in ("reason", "error") if field in change}


def _attributes(attributes: Any, change: Record, path: str) -> Any:
    result = json_value.patched(attributes, change["attributes"], path + "/attributes")
    if not isinstance(result, dict):
        raise malformed("no object", path + "/attributes")
    return result


_OF_A_MESSAGE = ("message_patch", "message_completed", "message_removed")
_CHANGES = {
    "message_added": _message_added,
    "message_patch": _message_patch,
    "message_completed": _message_completed,
    "message_removed": _message_removed,
    "channel_patch": _channel_patch,
    "channel_closed": _channel_closed,
}
