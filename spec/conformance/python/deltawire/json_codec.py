"""The JSON codec (section 8.1)."""

import base64
import json
from typing import Any, Dict

from .errors import MAX_FRAME_BYTES, MAX_WHOLE, DeltawireError, malformed
from .frame import check_frame


def read(message: Any) -> Dict[str, Any]:
    if not isinstance(message, str):
        raise malformed("a binary message")
    if len(message.encode("utf-8", "surrogatepass")) > MAX_FRAME_BYTES:
        raise DeltawireError("limit_exceeded", "max_frame_bytes")
    return check_frame(parsed(message), binary=False)


def parsed(message: str) -> Any:
    """Strict JSON; whole numbers that a double states exactly as int, all others as float."""
    try:
        return json.loads(message, parse_int=_number, parse_float=_number, parse_constant=_refuse)
    except RecursionError as failure:
        raise DeltawireError("limit_exceeded", "max_depth") from failure
    except ValueError as failure:
        raise malformed(f"not JSON: {failure}") from failure


def write(frame: Dict[str, Any]) -> str:
    return json.dumps(frame, default=_base64, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical(value: Any) -> str:
    """One text for equal values."""
    return json.dumps(value, default=_base64, ensure_ascii=False, allow_nan=False, sort_keys=True)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _number(digits: str) -> Any:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"too large: {digits[:20]}")
    return int(value) if abs(value) <= MAX_WHOLE and value == int(value) else value


def _refuse(name: str) -> Any:
    raise ValueError(name)
