"""The interned names of a codec context (section 9.2)."""

from typing import Any, List

from . import text
from .errors import MAX_NAMES, MAX_NAMES_BYTES, malformed

NUMBERS = 128


class Names:
    def __init__(self) -> None:
        self.first = 0  # the number of the oldest name
        self.names: List[str] = []

    def copy(self) -> "Names":
        copy = Names()
        copy.first, copy.names = self.first, list(self.names)
        return copy

    def intern(self, name: str) -> None:
        size = size_of(name)
        if text.units(name) < 2 or size > MAX_NAMES_BYTES or name in self.names:
            return
        while len(self.names) >= MAX_NAMES or size + sum(map(size_of, self.names)) > MAX_NAMES_BYTES:
            del self.names[0]
            self.first = (self.first + 1) % NUMBERS
        self.names.append(name)

    def named(self, number: int) -> str:
        if number != number or number not in range(NUMBERS):
            raise malformed(f"no name has the number {number}")
        place = (int(number) - self.first) % NUMBERS
        if place >= len(self.names):
            raise malformed(f"no name has the number {number}")
        return self.names[place]

    def written(self, name: str) -> Any:
        """What stands in a name position for a name."""
        if name in self.names:
            return self._number_of(name)
        beginnings = [known for known in self.names if name.startswith(f"{known}/")]
        if not beginnings:
            return name
        longest = max(beginnings, key=len)
        return [self._number_of(longest), name[len(longest) :]]

    def _number_of(self, name: str) -> int:
        return (self.first + self.names.index(name)) % NUMBERS

    @property
    def stated(self) -> List[Any]:
        return [self.first, *self.names] if self.names else []


def size_of(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))
