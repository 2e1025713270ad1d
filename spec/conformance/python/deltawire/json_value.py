"""JSON values: what is legal in them, their size, pointers into them, operations on them (3.1, 3.3, 4)."""

import copy
import math
import re
from typing import Any, Dict, List, Optional

from . import text
from .errors import MAX_DEPTH, MAX_VALUE_SIZE, MAX_WHOLE, DeltawireError, malformed


def check(value: Any, path: str, key: Optional[str] = None, around: int = 0) -> Any:
    """The value with whole numbers as int; `key` is the one it stands under, `around` the containers it is in."""
    if isinstance(value, (list, dict)) and around >= MAX_DEPTH or around > MAX_DEPTH:
        raise DeltawireError("limit_exceeded", f"deeper than max_depth, {MAX_DEPTH}", path)
    if isinstance(value, list):
        return [check(item, f"{path}/{index}", None, around + 1) for index, item in enumerate(value)]
    if isinstance(value, dict):
        result = {}
        for name, item in value.items():
            below = f"{path}/{escaped(name)}"
            refuse_forbidden(name, key, below)
            check_text(name, below)
            result[name] = check(item, below, name, around + 1)
        return result
    if isinstance(value, str):
        return check_text(value, path)
    if value is None or isinstance(value, bool):
        return value
    return number(value, path)


def check_text(value: str, path: str) -> str:
    if not text.is_well_formed(value):
        raise DeltawireError("ill_formed_text", "a surrogate half stands alone", path)
    return value


def number(value: Any, path: str) -> Any:
    """A finite double, as int if it is a whole one that int and double state alike."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise malformed("not a JSON value", path)
    return int(value) if abs(value) <= MAX_WHOLE and value == int(value) else float(value)


def refuse_forbidden(name: str, key: Optional[str], path: str) -> None:
    if name == "__proto__" or (name == "prototype" and key == "constructor"):
        raise DeltawireError("forbidden_key", name, path)


def size(value: Any) -> int:
    if isinstance(value, str):
        return 8 + text.units(value)
    if isinstance(value, list):
        return 8 + sum(map(size, value))
    if isinstance(value, dict):
        return 8 + sum(text.units(key) + size(item) for key, item in value.items())
    return 8


def check_size(value: Any, path: str) -> Any:
    if size(value) > MAX_VALUE_SIZE:
        raise DeltawireError("limit_exceeded", "max_value_size", path)
    return value


def escaped(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def tokens_of(pointer: str, path: str) -> List[str]:
    if (pointer and not pointer.startswith("/")) or re.search("~(?![01])", pointer):
        raise malformed("not a JSON pointer", path)
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    for before, token in zip([None, *tokens], tokens):
        refuse_forbidden(token, before, path)
    return tokens


def patched(value: Any, operations: List[Dict[str, Any]], path: str) -> Any:
    value = copy.deepcopy(value)
    for index, operation in enumerate(operations):
        value = check_size(_operate(value, operation, f"{path}/{index}"), f"{path}/{index}")
    return value


def _operate(root: Any, operation: Dict[str, Any], path: str) -> Any:
    """The root after one operation; changes containers in place."""
    op = operation["op"]
    missing = DeltawireError("path_not_found", f"{op} {operation['path']}", path + "/path")
    # The root is the one member of a holder, so that "" is a place like any other.
    holder: Any = {"": root}
    tokens = ["", *tokens_of(operation["path"], path + "/path")]
    if len(tokens) == 1 and op == "remove":
        raise missing
    for token in tokens[:-1]:
        place = place_of(holder, token, False)
        if place is None:
            raise missing
        holder = holder[place]
    place = place_of(holder, tokens[-1], op == "add")
    if place is None:
        raise missing
    if "value" in operation:
        check(operation["value"], path + "/value", tokens[-1] if len(tokens) > 1 else None, len(tokens) - 1)
    if op == "remove":
        del holder[place]
    elif op == "splice":
        if not isinstance(holder[place], str):
            raise DeltawireError("wrong_part_kind", "not a text", path + "/path")
        holder[place] = text.splice(holder[place], [operation], [path + "/changed_offset"])
    elif op == "add" and isinstance(holder, list):
        holder.insert(place, copy.deepcopy(operation["value"]))
    else:
        holder[place] = copy.deepcopy(operation["value"])
    return holder[place] if len(tokens) == 1 else root


def place_of(holder: Any, token: str, may_be_new: bool) -> Any:
    """The key or index that a token means in a container; None for none."""
    if isinstance(holder, dict):
        return token if may_be_new or token in holder else None
    if not isinstance(holder, list):
        return None
    if token == "-":
        return len(holder) if may_be_new else None
    if not re.fullmatch("0|[1-9][0-9]{0,8}", token) or int(token) >= len(holder) + may_be_new:
        return None
    return int(token)
