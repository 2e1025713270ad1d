import type { Change, JsonValue } from "@deltawire/spec";

/** What is written into a channel, change by change. */
export type Script = readonly (readonly Change[])[];

/** A day, by the second. */
const time = (second: number, milliseconds?: number): string => {
  const text = new Date(
    Date.UTC(2026, 10, 21, 9) + second * 1000 + (milliseconds ?? 0),
  ).toISOString();
  return milliseconds === undefined ? text.replace(/\.\d+Z$/, "Z") : text;
};

const PEOPLE = [
  { id: "u_4f2c81", name: "Anna Weber", role: "engineer" },
  { id: "u_09be17", name: "Bruno Silva", role: "designer" },
  { id: "u_c3d5aa", name: "Chiyo Tanaka", role: "support" },
  { id: "u_71e0f4", name: "Deploy bot", role: "agent" },
] as const;

const SAID = [
  "Morning! The import is stuck again on row 4,102.",
  "Looking at it now.",
  "It is the same customer as last week: an address without a country.",
  "Can we skip those rows and list them at the end? Nobody will miss them today.",
  "Yes. I will add that to the plan, and tell support.",
  "👍",
  "Done. 4,101 rows are in, 17 are on the list, and the nightly job will try those again.",
  "Thank you! I have written to the customer.",
];

/** A room: each message is complete at birth, with who said it and what else a page shows of it. */
export function chat(count: number): Script {
  return Array.from({ length: count }, (_, i) => {
    const { id, name, role } = PEOPLE[(i * 7) % PEOPLE.length] as (typeof PEOPLE)[number];
    const attributes: { [name: string]: JsonValue } = {
      author: { user_id: id, display_name: name, team_role: role },
      created_at: time(11 * i, (137 * i) % 1000),
      edited_at: i % 9 === 4 ? time(11 * i + 40, (61 * i) % 1000) : null,
      reply_to: i % 5 === 3 ? `msg_${1000 + i - 2}` : null,
      delivery_status: "delivered",
      reactions: i % 4 === 1 ? [{ emoji: "👍", user_id: PEOPLE[0].id }] : [],
    };
    const change = {
      type: "message_added",
      id: `msg_${1000 + i}`,
      generation: 0,
      role: "user",
      kind: "chat_message",
      status: "completed",
      attributes,
      parts: [{ id: "text", kind: "text", text: SAID[i % SAID.length] ?? "" }],
    } as const;
    return [change];
  });
}

const TASKS = ["fetch", "validate", "transform", "load", "verify", "notify"];

/** A step of a plan as it is made. */
const step = (i: number): JsonValue => ({
  step_id: `step_${i}`,
  title: `${TASKS[i % TASKS.length]} batch ${i}`,
  status: "pending",
  assigned_to: PEOPLE[i % PEOPLE.length]?.id ?? null,
  depends_on: i === 0 ? [] : [`step_${i - 1}`],
  started_at: null,
  finished_at: null,
  attempts: 0,
});

/** A workflow: a plan as a JSON part, patched as its steps run, and a tool's result for each. */
export function workflow(steps: number): Script {
  const plan = {
    workflow_id: "wf_2071",
    created_at: time(0, 250),
    status: "running",
    steps: Array.from({ length: steps }, (_, i) => step(i)),
  };
  const begun: Change = {
    type: "message_added",
    id: "plan",
    generation: 0,
    role: "assistant",
    kind: "plan",
    parts: [{ id: "plan", kind: "json", value: plan }],
  };
  const patch = (i: number, fields: { readonly [name: string]: JsonValue }): Change => ({
    type: "message_patch",
    id: "plan",
    parts: [
      {
        type: "json_patch",
        part: "plan",
        operations: Object.entries(fields).map(([name, value]) => ({
          op: "replace",
          path: `/steps/${i}/${name}`,
          value,
        })),
      },
    ],
  });
  const ran = (i: number): Change[][] => [
    [patch(i, { status: "running", started_at: time(20 * i, 125), attempts: 1 })],
    [
      {
        type: "message_added",
        id: `call_${i}`,
        generation: 0,
        role: "tool",
        kind: "tool_call",
        status: "completed",
        attributes: {
          step_id: `step_${i}`,
          started_at: time(20 * i, 130),
          finished_at: time(20 * i + 9, 77),
        },
        parts: [
          {
            id: "result",
            kind: "json",
            value: {
              tool_name: "run_task",
              arguments: { step_id: `step_${i}`, dry_run: false, max_rows: 5000 },
              result: {
                rows_read: 4100 + i,
                rows_written: 4083 + i,
                rows_skipped: 17,
                duration_ms: 8947 - i,
              },
            },
          },
        ],
      },
    ],
    [patch(i, { status: "completed", finished_at: time(20 * i + 9, 80) })],
  ];
  return [[begun], ...Array.from({ length: steps }, (_, i) => ran(i)).flat()];
}
