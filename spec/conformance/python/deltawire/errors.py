"""Errors and limits (section 10)."""

MAX_FRAME_BYTES = 16_777_216
MAX_ID_LENGTH = 256
MAX_NAME_LENGTH = 256
MAX_NOTE_LENGTH = 16_384
MAX_PATH_LENGTH = 4_096
MAX_DEPTH = 64
MAX_LIST_LENGTH = 65_536
MAX_PARTS = 4_096
MAX_MESSAGES = 10_000
MAX_MESSAGE_SIZE = 67_108_864
MAX_VALUE_SIZE = 2_097_152
MAX_NAMES = 64
MAX_NAMES_BYTES = 2_048
MAX_COMMAND_SIZE = 65_536
MAX_FILTER_SIZE = 2_048
MAX_FILTER_TESTS = 32
MAX_FILTER_DEPTH = 4
MAX_CHANNELS = 1_024
MAX_WHOLE = 2**53 - 1
# Of the dictionary, and of the recent bytes (sections 8.2 and 9.1).
MAX_DICTIONARY_BYTES = 24_576
MAX_DICTIONARY_ITEMS = 1_024
MAX_DICTIONARY_MEMBERS = 64
MAX_RECENT_BYTES = 8_192


class DeltawireError(Exception):
    """A failure with a code of section 10.2, and the place in the frame where it is known."""

    def __init__(self, code: str, message: str, path: str = "") -> None:
        super().__init__(f"{code} at {path!r}: {message}")
        self.code = code
        self.path = path


def malformed(message: str, path: str = "") -> DeltawireError:
    return DeltawireError("malformed", message, path)
