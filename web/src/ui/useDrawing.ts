/** The drawing for components: its shape, and whether there is something to undo. */

import { useEffect, useState } from "preact/hooks";
import type { Drawing } from "../canvas/drawing";
import { easel } from "../studio/state";

/** The drawing's shape; drawn again when layers, size or background change. */
export function useDrawing(): Drawing {
  const [drawing, set] = useState(easel.drawing);
  useEffect(() => {
    set(easel.drawing);
    return easel.listen(({ kind }) => {
      if (kind === "shape") set(easel.drawing);
    });
  }, []);
  return drawing;
}

/** How many steps can be undone and redone. */
export function useHistory(): { undoable: number; redoable: number } {
  const now = (): { undoable: number; redoable: number } => {
    const { undoable, redoable } = easel.history;
    return { undoable, redoable };
  };
  const [counts, set] = useState(now);
  useEffect(
    () =>
      easel.listen(({ kind }) => {
        if (kind !== "pixels") set(now());
      }),
    [],
  );
  return counts;
}
