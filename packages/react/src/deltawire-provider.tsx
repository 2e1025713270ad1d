import type { ReadWire } from "@deltawire/client";
import { type ReactElement, type ReactNode, useEffect, useState } from "react";
import { WireContext } from "./wire-context.js";

/** What a {@link DeltawireProvider} is given. */
export interface DeltawireProviderProps {
  /**
   * The wire, which whoever made it closes; or a function that makes one when the provider is
   * mounted, and then the provider closes it when it is unmounted. A later function does not count:
   * give the provider another `key` where another wire is to be made.
   */
  readonly wire: ReadWire | (() => ReadWire);
  readonly children?: ReactNode;
}

/**
 * Gives the components in it a wire.
 *
 * @example
 * const wire = connect("/wire"); // it connects when a channel is first used
 *
 * createRoot(element).render(
 *   <DeltawireProvider wire={wire}>
 *     <Thread name="thread-42" />
 *   </DeltawireProvider>,
 * );
 * @example
 * // A wire for each user: it closes when another one signs in. What was written is still sent.
 * <DeltawireProvider key={user.id} wire={() => connect("/wire", { token: user.token })}>
 */
export function DeltawireProvider({ wire, children }: DeltawireProviderProps): ReactElement {
  if (typeof wire === "function") return <OwnProvider make={wire}>{children}</OwnProvider>;
  return <WireContext.Provider value={wire}>{children}</WireContext.Provider>;
}

interface OwnProviderProps {
  readonly make: () => ReadWire;
  readonly children: ReactNode;
}

function OwnProvider({ make, children }: OwnProviderProps): ReactElement {
  const [own, setOwn] = useState(() => new OwnWire(make()));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a later function does not count
  useEffect(() => {
    if (!own.isClosed) return own.hold();
    setOwn(new OwnWire(make())); // React had hidden this part of the page, and shows it again
    return undefined;
  }, [own]);
  return <WireContext.Provider value={own.wire}>{children}</WireContext.Provider>;
}

/** A wire that is closed once nobody holds it. Until somebody uses it, it costs nothing. */
class OwnWire {
  readonly wire: ReadWire;
  #isHeld = false;
  #isClosed = false;

  constructor(wire: ReadWire) {
    this.wire = wire;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Returns what lets go of it. Strict Mode does that, and holds it again at once. */
  hold(): () => void {
    this.#isHeld = true;
    return () => {
      this.#isHeld = false;
      queueMicrotask(() => this.#release());
    };
  }

  #release(): void {
    if (this.#isHeld || this.#isClosed) return;
    this.#isClosed = true;
    void this.wire.close();
  }
}
