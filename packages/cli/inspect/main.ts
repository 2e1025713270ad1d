import { connect } from "@deltawire/client";
import { mountInspector, readRecording } from "@deltawire/inspector";
import { type Session, sessionOf } from "./session.js";

const main = document.querySelector("#inspector") ?? document.body;

try {
  await show(sessionOf(await (await get("session")).json()));
} catch (error) {
  const failed = document.createElement("p");
  failed.className = "failed";
  failed.setAttribute("role", "alert");
  failed.textContent = error instanceof Error ? error.message : String(error);
  main.append(failed);
}

async function show(session: Session): Promise<void> {
  if ("recording" in session) {
    const { recording: name } = session;
    document.title = `${name} – Deltawire inspector`;
    mountInspector(main, readRecording(await (await get("recording")).text()), { name });
    return;
  }
  const { channel: name, last } = session;
  document.title = `${name} – Deltawire inspector`;
  const wire = connect("/wire");
  mountInspector(main, wire);
  wire.channel(name, last === undefined ? {} : { last }).subscribe(() => undefined);
}

/** @throws by rejection: Error with what to do about it */
async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (response.ok) return response;
  if (response.status === 401 || response.status === 403) {
    throw new Error("Open this page by the address that deltawire inspect has printed.");
  }
  throw new Error(`This page's server answers ${response.status}: start deltawire inspect again.`);
}
