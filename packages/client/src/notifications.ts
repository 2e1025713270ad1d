/**
 * Makes one notification of many: whatever is to be run until the platform runs it, is run then.
 * Else each channel would have an animation frame of its own, and a view that renders after each of
 * these would do so as often as there are channels.
 *
 * @param notify the platform's: runs something before the next frame is painted
 */
export function together(notify: (run: () => void) => void): (run: () => void) => void {
  let waiting: (() => void)[] = [];
  return (run) => {
    if (waiting.push(run) > 1) return;
    notify(() => {
      const runs = waiting;
      waiting = [];
      const errors: unknown[] = [];
      for (const each of runs) {
        try {
          each();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0]; // everybody was told first
    });
  };
}
