"""Runs the test vectors: python3 run_vectors.py [FOLDER]"""

import json
import sys
import zlib
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from deltawire import compact, filters, json_codec, reducer, text
from deltawire.compression import dictionary_of
from deltawire.consumer import Consumer
from deltawire.context import Context, Tip
from deltawire.errors import DeltawireError
from deltawire.frame import check_frame
from deltawire.json_codec import canonical
from deltawire.msgpack import Compact, unpack_tuples
from deltawire.msgpack_reader import MsgpackReader
from deltawire.msgpack_writer import MsgpackWriter
from deltawire.names import Names
from deltawire.state import canonical as canonical_state

Record = Dict[str, Any]
Check = Tuple[str, Any, Any]  # what is compared, expected, got
CHANNEL = "c"
STATED = ("epoch", "seq", "attributes", "closed", "earlier")


def engine_frame(frame: Record) -> Record:
    return check_frame(frame, binary=False)


def changes_frame(changes: List[Record], begin: int = 0) -> Record:
    return engine_frame({"type": "changes", "channel": CHANNEL, "from": begin, "to": begin + 1, "changes": changes})


def state_of(stated: Record, epoch: str = "e", seq: int = 0) -> Record:
    snapshot = {"type": "snapshot", "channel": CHANNEL, "request": 0, "epoch": epoch, "seq": seq, **stated}
    return {"attributes": {}, **engine_frame(snapshot)}


def completed(state: Record) -> Record:
    """A state of vectors, where absent attributes are empty, as the reducer holds it."""
    messages = [{"attributes": {}, **message} for message in state["messages"]]
    return {**{key: state[key] for key in STATED if key in state}, "messages": messages}


def outcome_of(attempt: Callable[[], Any], vector: Record, prefix: str = "") -> List[Check]:
    """Compares what an attempt returns with `result`, or how it fails with `error`."""
    expected = vector.get("error")
    try:
        got = attempt()
    except DeltawireError as failure:
        stated = failure.path if expected and "path" in expected else None
        wanted = prefix + expected["path"] if expected and "path" in expected else None
        return [("error", (expected["code"], wanted) if expected else None, (failure.code, stated))]
    if expected:
        return [("error", expected["code"], got)]
    return [("result", vector["result"], got)]


def part_patch(change: Record) -> List[Record]:
    return [{"type": "message_patch", "id": "m", "parts": [{**change, "part": "p"}]}]


def edited(part: Record, *changes: Record) -> Any:
    """The content of one part after changes of it."""
    message = {"id": "m", "generation": 0, "role": "r", "status": "streaming", "parts": [{"id": "p", **part}]}
    state = completed(state_of({"messages": [message]}))
    for seq, change in enumerate(changes):
        state = reducer.apply(state, changes_frame(part_patch(change), seq))
    content = state["messages"][0]["parts"][0]
    return content["text"] if "text" in content else content["value"]


def reduced(stated: Record, *lists: List[Record]) -> str:
    state = completed(state_of(stated))
    for seq, changes in enumerate(lists):
        state = reducer.apply(state, changes_frame(changes, seq))
    return canonical_state({**state, "seq": 0})


def splices(vector: Record) -> List[Check]:
    part = {"kind": "text", "text": vector["text"]}
    runs = [["splices"]] if "splices" in vector else [["first", "second"], ["composed"]]
    checks = []
    for run in runs:
        changes = [{"type": "text_splice", "splices": vector[field]} for field in run]
        checks += outcome_of(lambda: edited(part, *changes), vector, "/changes/0/parts/0")
    return checks


def json_operations(vector: Record) -> List[Check]:
    change = {"type": "json_patch", "operations": vector["operations"]}
    prefix = f"/changes/0/parts/0/operations/{len(vector['operations']) - 1}"
    wanted = {**vector, "result": canonical(vector.get("result"))}
    return outcome_of(lambda: canonical(edited({"kind": "json", "value": vector["value"]}, change)), wanted, prefix)


def reducer_(vector: Record) -> List[Check]:
    wanted = dict(vector)
    if "result" in vector:
        wanted["result"] = canonical_state(completed(state_of(vector["result"])))
    return outcome_of(lambda: reduced(vector["state"], vector["changes"]), wanted)


def compose(vector: Record) -> List[Check]:
    wanted = canonical_state(completed(state_of(vector["result"])))
    both = reducer.compose(changes_frame(vector["first"]), changes_frame(vector["second"], 1))
    at_once = reducer.apply(completed(state_of(vector["state"])), both)
    return [
        ("one after the other", wanted, reduced(vector["state"], vector["first"], vector["second"])),
        ("composed here", wanted, canonical_state({**at_once, "seq": 0})),
        ("composed there", wanted, reduced(vector["state"], vector["composed"])),
    ]


def json_frame(vector: Record) -> List[Check]:
    frame = engine_frame(vector["frame"])
    return [
        ("read", canonical(frame), canonical(json_codec.read(vector["text"]))),
        ("written and read", canonical(frame), canonical(json_codec.read(json_codec.write(frame)))),
    ]


def json_refused(vector: Record) -> List[Check]:
    return outcome_of(lambda: json_codec.read(vector["text"]), vector)


def msgpack_refused(vector: Record) -> List[Check]:
    return outcome_of(lambda: MsgpackReader(upward=True).read(bytes.fromhex(vector["hex"])), vector)


def msgpack_control(steps: List[Record]) -> Iterator[Tuple[str, List[Check]]]:
    reader, writer = MsgpackReader(), MsgpackWriter()
    selects: List[str] = []
    for number, step in enumerate(steps):
        got = reader.read(bytes.fromhex(step["hex"]))
        checks = [("read", canonical(step["frame"]), canonical(got))]
        selects.append(step["hex"])
        if step["frame"] is not None:
            checks.append(("written", selects, [message.hex() for message in writer.write(engine_frame(step["frame"]))]))
            selects = []
        yield f"control {number}", checks


def selected(start: int) -> Tuple[MsgpackReader, MsgpackWriter]:
    """Both ends of a connection on which a channel is selected, with contexts at a version."""
    reader, writer = MsgpackReader(), MsgpackWriter()
    for message in writer._select(CHANNEL):
        reader.read(message)
    writer.contexts[CHANNEL], reader.contexts[CHANNEL] = Context(start), Context(start)
    return reader, writer


def stated(context: Context) -> Record:
    if context.lost:
        return {"lost": True}
    parts = [[ordinal, *entry.stated] for ordinal, entry in sorted(context.parts.items())]
    return {"lost": False, "seq": context.version, "names": context.names.stated, "cursor": context.cursor, "parts": parts}


def context_of(stated: Record) -> Context:
    context = Context(stated["seq"])
    if stated["names"]:
        context.names.first, *context.names.names = stated["names"]
    context.cursor = stated["cursor"]
    for ordinal, message, part, length, *tip in stated["parts"]:
        context.begin(ordinal, message, part, length, Tip(*tip) if tip else None)
    return context


def msgpack_stream(vector: Record) -> List[Check]:
    reader, writer = selected(vector["start"])
    if vector["direction"] == "down":
        reader.contexts[CHANNEL].lost = True
    writer.contexts[CHANNEL] = context_of(vector["writer"])
    checks: List[Check] = []
    for number, step in enumerate(vector["steps"]):
        label = f"step {number} "
        if "encode" in step:
            after = completed(state_of(step["after"])) if "after" in step else None
            written = [message.hex() for message in writer.write(engine_frame(step["encode"]), after)]
            checks.append((label + "written", [step["hex"]], written))
        if "missing" in step:
            continue
        expected = {**step, "result": canonical(engine_frame(step["frame"]) if step.get("frame") else None)}
        found = outcome_of(lambda: canonical(reader.read(bytes.fromhex(step["hex"]))), expected)
        checks += [(label + what, wanted, got) for what, wanted, got in found]
        checks.append((label + "context", step["context"], stated(reader.contexts[CHANNEL])))
    return checks


def compact_timestamp(vector: Record) -> List[Check]:
    packed = compact.Writer(Names(), False).pack(vector["text"])
    read = unpack_tuples(packed, Compact(Names(), False, compact.text_of))
    return [("packed", vector["hex"], packed.hex()), ("read", [vector["text"]], read)]


def compact_stream(vector: Record) -> List[Check]:
    reader, writer = selected(0)
    contexts = writer.contexts[CHANNEL], reader.contexts[CHANNEL] = Context(compact=True), Context(compact=True)
    checks: List[Check] = []
    for number, step in enumerate(vector["steps"]):
        label, message = f"step {number} ", bytes.fromhex(step["hex"])
        if "missing" in step:
            continue
        if "written" in step:
            written = [message.hex() for message in writer.write(engine_frame(step["frame"]))]
            checks.append((label + "written", [step["hex"]], written))
        expected = {**step, "result": canonical(engine_frame(step["frame"]) if step.get("frame") else None)}
        found = outcome_of(lambda: canonical(reader.read(message)), expected)
        checks += [(label + what, wanted, got) for what, wanted, got in found]
        keys = {} if contexts[1].lost or contexts[1].keys is None else {"keys": contexts[1].keys.stated}
        checks.append((label + "context", step["context"], {**stated(contexts[1]), **keys}))
    return checks


def dictionary(vector: Record) -> List[Check]:
    wanted, got = vector["dictionary"], dictionary_of(completed(state_of(vector["state"])))
    known = {"length": len(got), "crc32": zlib.crc32(got), "hex": got.hex()}
    return [("dictionary", wanted, {field: known[field] for field in wanted})]


def compressed_stream(vector: Record) -> List[Check]:
    replica: Optional[Record] = None
    reader = MsgpackReader(state_of=lambda channel: replica, compact="compact" in vector)
    for message in MsgpackWriter()._select(CHANNEL):
        reader.read(message)
    context = reader.context(CHANNEL)
    checks: List[Check] = []
    for number, step in enumerate(vector["steps"]):
        if "missing" in step:
            continue
        frame: Optional[Record] = None

        def attempt() -> str:
            nonlocal frame
            frame = reader.read(bytes.fromhex(step["hex"]))
            return canonical(frame)

        expected = {**step, "result": canonical(engine_frame(step["frame"]) if step.get("frame") else None)}
        checks += [(f"step {number} {what}", wanted, got) for what, wanted, got in outcome_of(attempt, expected)]
        more = {} if context.lost else {"recent": context.recent.hex()}
        if not context.lost and context.keys is not None:
            more["keys"] = context.keys.stated
        checks.append((f"step {number} context", step["context"], {**stated(context), **more}))
        if frame is None or "unapplied" in step:
            continue
        if frame["type"] == "snapshot":
            replica = {"attributes": {}, **completed(frame)}
        elif replica and frame["type"] == "changes" and frame["from"] == replica["seq"]:
            replica = reducer.apply(replica, frame)
    return checks


def fidelity_text(vector: Record) -> List[Check]:
    reader, writer = selected(0)
    for end in (reader, writer):
        end.contexts[CHANNEL].begin(0, "m", "t", 0)
    message = {"id": "m", "generation": 0, "role": "r", "status": "streaming",
               "parts": [{"id": "t", "kind": "text", "text": ""}]}
    state = completed(state_of({"messages": [message]}))
    checks: List[Check] = []
    for number, step in enumerate(vector["steps"]):
        frame = engine_frame(step["frame"])
        state = reducer.apply(state, frame)
        checks += [
            (f"step {number} JSON", frame, json_codec.read(step["json"])),
            (f"step {number} JSON written", frame, json_codec.read(json_codec.write(frame))),
            (f"step {number} MessagePack", frame, reader.read(bytes.fromhex(step["msgpack"]))),
            (f"step {number} MessagePack written", step["msgpack"], writer.write(frame)[-1].hex()),
        ]
    got = state["messages"][0]["parts"][0]["text"]
    checks.append(("digest", (vector["length"], vector["crc32"]), text.digest(got)))
    return checks + [("text", vector["result"], got), ("UTF-8", vector["utf8"], got.encode().hex())]


def fidelity_producer(vector: Record) -> List[Check]:
    written, checks = "", []
    for number, step in enumerate(vector["steps"]):
        written += step["written"]
        checks.append((f"step {number}", step["wire"], text.mapped(written, False)))
    return checks + [("finished", vector["finished"], text.mapped(written, True))]


def filter_(vector: Record) -> List[Check]:
    wanted = engine_frame({"type": "subscribe", "channel": CHANNEL, "request": 1, "filter": vector["filter"]})["filter"]
    got = [message["id"] for message in vector["messages"] if filters.matches(wanted, message)]
    return [("result", vector["result"], got)]


def filter_refused(vector: Record) -> List[Check]:
    frame = {"type": "subscribe", "channel": CHANNEL, "request": 1, "filter": vector["filter"]}
    return outcome_of(lambda: engine_frame(frame), vector, "/filter")


def sequence(vector: Record) -> List[Check]:
    consumer = Consumer(CHANNEL, last=vector["first"].get("last"), filter=vector["first"].get("filter"))
    consumer.subscribe()
    checks: List[Check] = [("first", [vector["first"]], consumer.sent)]
    for number, step in enumerate(vector["steps"]):
        before = dict(consumer.counts)
        failed: Optional[DeltawireError] = consumer.failed
        consumer.sent = []
        if "history" in step or "filter" in step:
            if "history" in step:
                consumer.history(step["history"])
            else:
                consumer.want(step["filter"])
            checks.append((f"step {number} send", [step["send"]] if step["send"] else [], consumer.sent))
            continue
        consumer.handle(engine_frame(step["frame"]))
        rose = [name for name, count in consumer.counts.items() if count > before[name]]
        answer, sent = step.get("answer"), consumer.sent
        if answer:
            again = [answer["send"]] if "send" in answer else []
            checks.append((f"step {number} asked again", again, sent[len(sent) - len(again):]))
            sent = sent[:len(sent) - len(again)]
            page = {"loaded": "pages", "refused": "refused"}.get(answer["type"])
            checks.append((f"step {number} page", page, next((name for name in ("pages", "refused") if name in rose), None)))
        outcome = "ignored"
        if consumer.failed is not failed and consumer.failed:
            outcome = "failed"
            checks.append((f"step {number} error", step.get("error", {}).get("code"), consumer.failed.code))
        elif sent:
            outcome = "repair"
        else:
            for name, count in (("reset", "resets"), ("stale", "stale"), ("applied", "applied")):
                outcome = name if count in rose else outcome
        checks.append((f"step {number} outcome", step["outcome"], outcome))
        checks.append((f"step {number} send", [step["send"]] if "send" in step else [], sent))
    held = vector["held"]
    wanted = canonical_state(completed(state_of(held["state"], held["epoch"], held["seq"]))) if held else None
    got = canonical_state(consumer.seen) if consumer.seen else None
    return checks + [("held", wanted, got), ("live", vector["live"], consumer.failed is None)]


RUNNERS: Dict[Tuple[str, str], Callable[[Record], List[Check]]] = {
    ("compact", "streams"): compact_stream,
    ("compact", "timestamps"): compact_timestamp,
    ("compose", "vectors"): compose,
    ("compression", "dictionaries"): dictionary,
    ("compression", "streams"): compressed_stream,
    ("fidelity", "texts"): fidelity_text,
    ("fidelity", "producers"): fidelity_producer,
    ("filters", "filters"): filter_,
    ("filters", "refused"): filter_refused,
    ("json-codec", "frames"): json_frame,
    ("json-codec", "refused"): json_refused,
    ("json-operations", "vectors"): json_operations,
    ("msgpack-codec", "refused"): msgpack_refused,
    ("msgpack-codec", "streams"): msgpack_stream,
    ("reducer", "vectors"): reducer_,
    ("sequences", "vectors"): sequence,
    ("splices", "vectors"): splices,
}


def run_file(path: Path) -> Iterator[Tuple[str, List[Check]]]:
    for group, vectors in json.loads(path.read_text(encoding="utf-8")).items():
        if (path.stem, group) == ("msgpack-codec", "control"):
            yield from msgpack_control(vectors)
        elif (path.stem, group) in RUNNERS:
            for number, vector in enumerate(vectors):
                name = f"{group} {number}, {vector.get('name', '')}"
                try:
                    yield name, RUNNERS[path.stem, group](vector)
                except Exception as failure:  # a defect of this implementation is a failure of the vector
                    yield name, [("run", "no exception", repr(failure))]
        elif isinstance(vectors, list):
            yield group, [("run", "vectors of a known kind", f"{path.stem}.{group}")]


def main(folder: Path) -> int:
    passed = failed = 0
    for path in sorted(folder.glob("*.json")):
        good = bad = 0
        for name, checks in run_file(path):
            wrong = [check for check in checks if check[1] != check[2]]
            good, bad = good + (not wrong), bad + bool(wrong)
            for what, expected, got in wrong:
                print(f"{path.name}: {name}: {what}\n  expected {expected!r}\n  got      {got!r}")
        print(f"{path.name}: {good} passed, {bad} failed")
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0 or passed == 0)


if __name__ == "__main__":
    default = Path(__file__).resolve().parent.parent.parent / "vectors"
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else default))
