import { type Context, createContext, useContext } from "react";
import type { PageReport } from "../src/page/report.js";
import type { Session } from "./session.js";
import { useStore } from "./use-store.js";

/** Set once, around the whole page. */
export const SessionContext: Context<Session | undefined> = createContext<Session | undefined>(
  undefined,
);

/** What this tab does. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("there is no SessionContext around this component");
  return session;
}

/** What the demo said last; undefined until it has. */
export function useReport(): PageReport | undefined {
  return useStore(useSession().stream.hearing).report;
}
