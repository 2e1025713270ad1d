import type { FrameType } from "./frames.js";
import { literal, type Shape } from "./shape.js";
import { DOWNWARD, upward } from "./shapes.js";

/** The shape of an object. */
type ObjectShape = Shape & { readonly is: "object" };

/** The shapes of a union's members, with their tags: for what is made of shapes, the gate apart. */
export function shapesOf({
  tag,
  members,
  before,
}: Omit<Shape & { readonly is: "union" }, "is">): Readonly<Record<string, ObjectShape>> {
  return Object.fromEntries(
    Object.entries(members).map(([name, fields]) => [
      name,
      { is: "object", fields: { ...before, [tag]: literal(name), ...fields } },
    ]),
  );
}

/** The shape of every frame, by its `type`. */
export const FRAME_SHAPES: Readonly<Record<FrameType, ObjectShape>> = shapesOf({
  tag: "type",
  members: { ...upward(), ...DOWNWARD },
  before: {},
}) as Readonly<Record<FrameType, ObjectShape>>; // each frame is one of the two
