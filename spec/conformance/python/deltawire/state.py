"""The state of a channel (section 3.2): a dict in the form of a snapshot, bytes as `bytes`.

`epoch`, `seq`, `attributes`, `closed` (or absent), `earlier` (or absent: the replica is whole), and `messages`, each with
`attributes` and `parts`. A state is never changed in place.
"""

from typing import Any, Dict, List, Tuple

from . import json_codec, json_value, text
from .errors import MAX_MESSAGE_SIZE, MAX_VALUE_SIZE, MAX_WHOLE, DeltawireError

State = Dict[str, Any]
CONTENT = {"text": "text", "json": "value", "bytes": "bytes"}
FINAL = ("completed", "failed", "cancelled")
_STATE_FIELDS = ("epoch", "seq", "attributes", "closed", "earlier", "messages")


def empty(epoch: str, seq: int = 0) -> State:
    return {"epoch": epoch, "seq": seq, "attributes": {}, "messages": []}


def is_before_window(state: State, message: str) -> bool:
    """Whether a windowed replica does not have a message, which may so be one before the window (section 6.3)."""
    return state.get("earlier", 0) > 0 and place_of(state["messages"], message) < 0


def content_of(part: Dict[str, Any]) -> Any:
    return part[CONTENT[part["kind"]]]


def digested(part: Dict[str, Any]) -> Any:
    """What a digest and a size are of: of a bytes part its base and its bytes, one behind the other."""
    content = content_of(part)
    return part.get("base", b"") + content if part["kind"] == "bytes" else content


def stated(part: Dict[str, Any]) -> Dict[str, Any]:
    """A part as a state has it: what is the same when it is absent is absent."""
    if part["kind"] != "bytes":
        return part
    return {field: value for field, value in part.items() if field not in ("start", "base") or value}


def check_bytes(part: Dict[str, Any], path: str) -> Dict[str, Any]:
    if len(part.get("base", b"")) > MAX_VALUE_SIZE:
        raise DeltawireError("limit_exceeded", "max_value_size", path)
    if part.get("start", 0) + len(part["bytes"]) > MAX_WHOLE:
        raise DeltawireError("limit_exceeded", "a position", path)
    return part


def place_of(entries: List[Dict[str, Any]], id_: str) -> int:
    """The place of a message or part in its list; -1 for none."""
    return next((place for place, entry in enumerate(entries) if entry["id"] == id_), -1)


def digests_of(message: Dict[str, Any]) -> List[Tuple[str, int, int]]:
    return [(part["id"], *text.digest(digested(part))) for part in message["parts"] if part["kind"] != "json"]


def size_of(message: Dict[str, Any]) -> int:
    sizes = {"text": text.units, "json": json_value.size, "bytes": len}
    parts = sum(sizes[part["kind"]](digested(part)) for part in message["parts"])
    return parts + json_value.size(message["attributes"])


def check_size(size: int, path: str) -> None:
    if size > MAX_MESSAGE_SIZE:
        raise DeltawireError("limit_exceeded", "max_message_size", path)


def canonical(state: State) -> str:
    """One text for equal states, in the JSON form."""
    known = {field: state[field] for field in _STATE_FIELDS if field in state}
    if known.get("earlier") == 0:
        del known["earlier"]
    messages = [{"attributes": {}, **message} for message in state.get("messages", [])]
    return json_codec.canonical({"attributes": {}, **known, "messages": messages})
