/** Many pictures, each painted with the settings as they stand: a folder's worth of jobs. */

import { Refusal } from "../api/types";
import { type Size, clamp } from "../canvas/geometry";
import { SIDES } from "../canvas/drawing";
import { base64, decoded } from "../canvas/pictures";
import { png } from "../canvas/png";
import { say } from "../i18n";
import { fields, send } from "./painting";
import { easel, view } from "./state";
import { attempt, tell } from "./toasts";

/** Hand in a job for each picture; where the queue is full, wait until it takes more. */
export function paintEach(files: readonly File[]): Promise<void> {
  return attempt(async () => {
    const asked = fields();
    const longest = Math.max(easel.drawing.width, easel.drawing.height);
    let count = 0;
    for (const file of files) {
      const picture = await decoded(file).catch(() => null);
      if (!picture) {
        tell(`${file.name}: ${say("error.picture")}`, "bad");
        continue;
      }
      const init = base64(await png(picture));
      await patiently(() => send({ request: { ...asked, ...sizeOf(picture, longest), init } }));
      count++;
    }
    tell(say("batch.sent", { count }));
    view.set({ side: "queue" });
  });
}

/** A size of the picture's own shape, as long as the drawing is. */
export function sizeOf({ width, height }: Size, longest: number): Size {
  const scale = longest / Math.max(width, height);
  const side = (length: number): number =>
    clamp(Math.round((length * scale) / 8) * 8, SIDES.least, SIDES.most);
  return { width: side(width), height: side(height) };
}

async function patiently(submit: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await submit();
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 429) throw error;
      await new Promise((resolve) => setTimeout(resolve, (error.wait || 2) * 1000));
    }
  }
}
