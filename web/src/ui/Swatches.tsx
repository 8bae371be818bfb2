/** Colours to take with one press. */

import { fromHex, toHex } from "../canvas/colours";
import { useWords } from "../i18n";
import { brush } from "../keys/shortcuts";
import { useStore } from "../store";
import { tools } from "../studio/state";

interface SwatchesProps {
  readonly label: string;
  readonly class: string;
  readonly colours: readonly string[];
}

export function Swatches({ label, colours, ...rest }: SwatchesProps) {
  const say = useWords();
  const held = useStore(tools, (value) => toHex(value.brush.colour));
  return (
    <div class={rest.class} role="group" aria-label={label}>
      {colours.map((hex) => (
        <button
          type="button"
          key={hex}
          class="swatch"
          style={{ background: hex }}
          aria-label={say("colour.use", { colour: hex })}
          aria-pressed={hex === held}
          title={hex}
          onClick={() => brush({ colour: fromHex(hex) ?? tools.value.brush.colour })}
        />
      ))}
    </div>
  );
}
