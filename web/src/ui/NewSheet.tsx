/** A fresh drawing in one press, on white, black or the colour in hand. */

import { BLACK, type Colour, WHITE, toHex } from "../canvas/colours";
import { useWords } from "../i18n";
import { useStore } from "../store";
import { SQUARE, renew } from "../studio/drawing";
import { easel, tools } from "../studio/state";
import { tell } from "../studio/toasts";
import { useDrawing } from "./useDrawing";

export function NewSheet() {
  const say = useWords();
  const held = useStore(tools, (value) => value.brush.colour);
  const { width, height } = useDrawing();
  const sheet = (colour: Colour, label: string, size = SQUARE) => (
    <button
      type="button"
      class="button"
      aria-label={label}
      title={label}
      onClick={() => {
        renew(colour, size);
        tell(say("canvas.renewed"), "plain", { text: say("undo.action"), do: () => easel.undo() });
      }}
    >
      <span class="sheet" style={{ background: toHex(colour) }} />
    </button>
  );
  return (
    <div class="new-sheet" role="group" aria-label={say("canvas.new")}>
      <span aria-hidden="true">{say("canvas.new.short")}</span>
      {sheet(WHITE, say("canvas.new.white"))}
      {sheet(BLACK, say("canvas.new.black"))}
      {sheet(held, say("canvas.new.colour", { width, height }), { width, height })}
    </div>
  );
}
