import type { Browser, CDPSession } from "playwright-core";
import { onTestFinished } from "vitest";

/** What a DevTools protocol command was answered with. */
interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: { readonly result?: { readonly value?: unknown } };
  readonly error?: { readonly message: string };
}

/**
 * A tab without Playwright, which has every page believe that it is seen and has the focus: a page like
 * that is never frozen, and never hidden.
 */
export class BareTab {
  readonly #browser: CDPSession;
  readonly #target: string;
  readonly #session: string;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #commands = 0;
  /** What its console and its scripts complained of so far. */
  readonly complaints: string[] = [];

  private constructor(browser: CDPSession, target: string, session: string) {
    this.#browser = browser;
    this.#target = target;
    this.#session = session;
    browser.on("Target.receivedMessageFromTarget", ({ sessionId, message }) => {
      if (sessionId === session) this.#receive(JSON.parse(message));
    });
  }

  /** Opens a page in a tab that is closed when the test has finished. */
  static async open(browser: Browser, url: string): Promise<BareTab> {
    const session = await browser.newBrowserCDPSession();
    const { browserContextId } = await session.send("Target.createBrowserContext");
    onTestFinished(async () => {
      await session.send("Target.disposeBrowserContext", { browserContextId });
      await session.detach();
    });
    const { targetId } = await session.send("Target.createTarget", {
      url: "about:blank",
      browserContextId,
    });
    const { sessionId } = await session.send("Target.attachToTarget", { targetId, flatten: false });
    const tab = new BareTab(session, targetId, sessionId);
    for (const each of ["Page.enable", "Runtime.enable", "Log.enable"]) await tab.#send(each);
    await tab.#send("Page.navigate", { url });
    return tab;
  }

  /** The value of an expression in the page, which a frozen one gives, too. */
  async evaluate(expression: string): Promise<unknown> {
    return (await this.#send("Runtime.evaluate", { expression, returnByValue: true })).result
      ?.result?.value;
  }

  /** The browser freezes the page, as it does to tabs that nobody looks at: no script runs. */
  async freeze(): Promise<void> {
    await this.#send("Page.setWebLifecycleState", { state: "frozen" });
  }

  /** Somebody looks at the page again. */
  async wake(): Promise<void> {
    await this.#send("Page.setWebLifecycleState", { state: "active" });
    await this.#browser.send("Target.activateTarget", { targetId: this.#target });
  }

  /** Somebody looks at another tab, or at this one again. */
  async look(at: "here" | "away"): Promise<void> {
    if (at === "here") return this.wake();
    const { targetInfo } = await this.#browser.send("Target.getTargetInfo", {
      targetId: this.#target,
    });
    const { targetId } = await this.#browser.send("Target.createTarget", {
      url: "about:blank",
      ...(targetInfo.browserContextId && { browserContextId: targetInfo.browserContextId }),
    });
    await this.#browser.send("Target.activateTarget", { targetId });
  }

  async #send(method: string, params: object = {}): Promise<Answer> {
    this.#commands += 1;
    const id = this.#commands;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.#browser.send("Target.sendMessageToTarget", { sessionId: this.#session, message });
    const answer = await answered;
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer;
  }

  #receive(answer: Answer): void {
    if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    const said = JSON.stringify(answer.params);
    if (answer.method === "Runtime.exceptionThrown") this.complaints.push(said);
    const isBad = /"(?:type|level)":"(?:error|warning)"/.test(said ?? "");
    const isSaid = ["Runtime.consoleAPICalled", "Log.entryAdded"].includes(answer.method ?? "");
    if (isSaid && isBad) this.complaints.push(said);
  }
}
