import { order } from "../demo/ipc.js";
import { type Role, startRole } from "../demo/processes.js";
import { Refusal } from "./answer.js";
import type { PageEditorSettings } from "./editor-role.js";
import type { TurnCopy, TurnReport } from "./report.js";

/** The editor's process. One that has died is started again for the next turn. */
export class EditorProcess {
  readonly #settings: PageEditorSettings;
  #role: Role | undefined;
  #turn: TurnReport | undefined;
  #turns = 0;

  constructor(settings: PageEditorSettings) {
    this.#settings = settings;
  }

  /** The newest turn. */
  get turn(): TurnReport | undefined {
    return this.#turn;
  }

  /** Resolves once it can write. @throws by rejection: Error where it does not come to that */
  async start(): Promise<void> {
    await this.#begin().next("ready");
  }

  #begin(): Role {
    const role = startRole("page-editor", this.#settings, (report) => {
      if (report.type === "turn") this.#turn = report.turn;
    });
    this.#role = role;
    void role.exited.then(() => {
      if (this.#role !== role) return;
      this.#role = undefined;
      if (this.#turn?.status === "running") this.#turn = { ...this.#turn, status: "failed" };
    });
    return role;
  }

  /**
   * Begins a turn; resolves with its message's id.
   *
   * @param rate tokens a second
   * @throws by rejection: Refusal while another one runs
   */
  async play(rate: number): Promise<string> {
    if (this.#turn?.status === "running") {
      const what = `${this.#turn.message} is being written`;
      throw new Refusal(409, "turn_running", `${what}: stop it, or wait for its end`);
    }
    this.#turns += 1;
    const message = `turn-${this.#turns}`;
    const begun = { message, status: "running", steps: 0, of: 0, rate } as const;
    this.#turn = { ...begun, rawBytes: 0, naiveBytes: 0 };
    if (!this.#role) await this.start();
    if (this.#role) order(this.#role.child, { type: "play", message, rate });
    return message;
  }

  /** The editor's own copy of the newest turn. @throws by rejection: Refusal where it has none */
  async copy(): Promise<TurnCopy> {
    const role = this.#role;
    if (!role || !this.#turn) throw new Refusal(404, "no_turn", "no turn was written yet");
    const copy = role.next("copy");
    order(role.child, { type: "copy" });
    return (await copy).copy;
  }

  /** Kills it for good. */
  async close(): Promise<void> {
    const role = this.#role;
    this.#role = undefined;
    role?.child.kill("SIGKILL");
    await role?.exited;
  }
}
