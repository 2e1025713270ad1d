"""Filters (section 6.9): what is one, and which messages match."""

from typing import Any, Dict, List

from . import json_value
from .errors import MAX_FILTER_DEPTH, MAX_FILTER_SIZE, MAX_FILTER_TESTS, DeltawireError, malformed

NOTHING = object()


def check(value: Any, path: str, binary: bool) -> Dict[str, Any]:
    value = json_value.check(value, path)
    if json_value.size(value) > MAX_FILTER_SIZE:
        raise DeltawireError("limit_exceeded", "max_filter_size", path)
    tests: List[str] = []
    _check_filter(value, path, 1, tests)
    return value


def _check_filter(value: Any, path: str, depth: int, tests: List[str]) -> None:
    if not isinstance(value, dict):
        raise malformed("not an object", path)
    if depth > MAX_FILTER_DEPTH:
        raise DeltawireError("limit_exceeded", "max_filter_depth", path)
    for name, inner in value.items():
        below = f"{path}/{json_value.escaped(name)}"
        if name in ("id", "role", "kind"):
            _count(tests, path)
            texts = inner if isinstance(inner, list) else [inner]
            if not all(isinstance(text, str) for text in texts):
                raise malformed("neither a text nor a list of texts", below)
        elif name == "attributes":
            _check_tests(inner, below, tests)
        elif name == "any":
            if not isinstance(inner, list):
                raise malformed("not a list", below)
            for index, each in enumerate(inner):
                _check_filter(each, f"{below}/{index}", depth + 1, tests)
        elif name == "not":
            _check_filter(inner, below, depth + 1, tests)
        else:
            raise malformed("not a member of a filter", below)


def _check_tests(value: Any, path: str, tests: List[str]) -> None:
    if not isinstance(value, dict):
        raise malformed("not an object", path)
    for pointer, test in value.items():
        below = f"{path}/{json_value.escaped(pointer)}"
        json_value.tokens_of(pointer, below)
        _count(tests, path)
        if not (_is_scalar(test) or _is_list(test) or _is_object_test(test)):
            raise malformed("not a test", below)


def _count(tests: List[str], path: str) -> None:
    tests.append(path)
    if len(tests) > MAX_FILTER_TESTS:
        raise DeltawireError("limit_exceeded", "max_filter_tests", path)


def _is_scalar(test: Any) -> bool:
    return not isinstance(test, (list, dict))


def _is_list(test: Any) -> bool:
    return isinstance(test, list) and all(map(_is_scalar, test))


def _is_ordered(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _is_object_test(test: Any) -> bool:
    if not isinstance(test, dict) or not test:
        return False
    if set(test) == {"prefix"}:
        return isinstance(test["prefix"], str)
    if set(test) == {"exists"}:
        return isinstance(test["exists"], bool)
    return set(test) <= {"min", "max"} and all(map(_is_ordered, test.values()))


def matches(wanted: Dict[str, Any], message: Dict[str, Any]) -> bool:
    """Whether a message, as the reducer holds it, is one of those that a filter asks for."""
    for name, inner in wanted.items():
        if name in ("id", "role", "kind"):
            holds = message.get(name) in (inner if isinstance(inner, list) else [inner])
        elif name == "attributes":
            attributes = message.get("attributes", {})
            holds = all(_passes(test, _value_at(attributes, pointer)) for pointer, test in inner.items())
        elif name == "any":
            holds = any(matches(each, message) for each in inner)
        else:
            holds = not matches(inner, message)
        if not holds:
            return False
    return True


def _value_at(value: Any, pointer: str) -> Any:
    for token in json_value.tokens_of(pointer, ""):
        place = json_value.place_of(value, token, False)
        if place is None:
            return NOTHING
        value = value[place]
    return value


def _equal(one: Any, other: Any) -> bool:
    """Numbers are equal as doubles; a boolean is no number."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _passes(test: Any, value: Any) -> bool:
    if isinstance(test, dict) and "exists" in test:
        return (value is not NOTHING) == test["exists"]
    if value is NOTHING:
        return False
    if isinstance(test, list):
        return any(_passes(each, value) for each in test)
    if not isinstance(test, dict):
        return not isinstance(value, (list, dict)) and _equal(test, value)
    if "prefix" in test:
        return isinstance(value, str) and value.startswith(test["prefix"])
    return _is_ordered(value) and all(
        isinstance(bound, str) == isinstance(value, str)
        and (_order(value) >= _order(bound) if name == "min" else _order(value) <= _order(bound))
        for name, bound in test.items()
    )


def _order(value: Any) -> Any:
    """Texts by their UTF-16 units, which is the order of the big-endian bytes."""
    return value.encode("utf-16-be") if isinstance(value, str) else value
