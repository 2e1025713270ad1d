import type { Message } from "@deltawire/client";
import type { ReactElement } from "react";

/** A plan as agents write it. */
interface Plan {
  readonly title: string;
  readonly status: string;
  readonly steps: readonly {
    readonly step_id: string;
    readonly title: string;
    readonly status: "pending" | "running" | "done" | "failed";
    readonly assigned_to: string;
    readonly attempts: number;
    readonly started_at: string | null;
    readonly finished_at: string | null;
    readonly note: string;
  }[];
}

const WORDS = { pending: "to do", running: "running", done: "done", failed: "failed" } as const;

/** A plan's steps as they are now; React finds what has changed, since the rest are the same objects. */
export function PlanView({ message }: { readonly message: Message }): ReactElement | null {
  const part = message.part("plan");
  if (part?.kind !== "json") return null;
  const { title, steps } = part.value as unknown as Plan; // our own agents write it
  const done = steps.filter(({ status }) => status === "done").length;
  return (
    <section className="plan" aria-label={`Plan: ${title}`}>
      <h4>{title}</h4>
      <progress value={done} max={steps.length} aria-label="Steps that are done" />
      <ol>
        {steps.map(({ step_id, title: what, status, attempts, note, ...step }) => (
          <li key={step_id} data-status={status}>
            <span className="what">{what}</span>
            <span className="badge">{WORDS[status] ?? status}</span>
            <small>
              {[
                step.assigned_to,
                attempts > 1 && `attempt ${attempts}`,
                took(step.started_at, step.finished_at),
                note,
              ]
                .filter(Boolean)
                .join(" · ")}
            </small>
          </li>
        ))}
      </ol>
    </section>
  );
}

function took(from: string | null, to: string | null): string {
  if (from === null || to === null || to < from) return "";
  return `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
}
