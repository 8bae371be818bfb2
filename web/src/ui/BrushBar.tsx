/** The brush: its colour, size, hardness, opacity, and what a pen's pressure does. */

import { toHex } from "../canvas/colours";
import { useWords } from "../i18n";
import { brush, swapColours } from "../keys/shortcuts";
import { useStore } from "../store";
import { tools } from "../studio/state";
import { ColourPicker } from "./ColourPicker";
import { Icon } from "./icons";
import { Swatches } from "./Swatches";
import { Button, Slider } from "./parts";
import { Menu } from "./popups";

export function BrushBar() {
  const say = useWords();
  const held = useStore(tools, (value) => value.brush);
  const second = useStore(tools, (value) => value.second);
  const recent = useStore(tools, (value) => value.recent);
  const percent = (value: number): number => Math.round(value * 100);
  return (
    <div class="brush-bar">
      <Menu
        class="colour-menu"
        label={`${say("colour")} ${toHex(held.colour)}`}
        button={
          <span class="colour-pair">
            <span class="second" style={{ background: toHex(second) }} />
            <span class="first" style={{ background: toHex(held.colour) }} />
          </span>
        }
      >
        {() => <ColourPicker />}
      </Menu>
      <Button icon="swap" label={say("colour.swap")} shortcut="X" onClick={swapColours} />
      <Swatches class="recent" label={say("colour.recent")} colours={recent.slice(0, 6).map(toHex)} />
      <Slider
        label={say("brush.size")}
        value={held.size}
        least={1}
        most={300}
        step={1}
        onChange={(size) => brush({ size })}
      />
      <Slider
        label={say("brush.opacity")}
        value={percent(held.opacity)}
        least={5}
        most={100}
        step={1}
        onChange={(opacity) => brush({ opacity: opacity / 100 })}
      />
      <Slider
        label={say("brush.hardness")}
        value={percent(held.hardness)}
        least={0}
        most={100}
        step={1}
        onChange={(hardness) => brush({ hardness: hardness / 100 })}
      />
      <Menu class="pressure" side="right" label={say("brush.pressure")} button={<Icon name="settings" />}>
        {() =>
          (["size", "opacity"] as const).map((part) => (
            <label class="switch" key={part}>
              <input
                type="checkbox"
                checked={held.pressure[part]}
                onChange={() => brush({ pressure: { ...held.pressure, [part]: !held.pressure[part] } })}
              />
              <span>{say(`brush.pressure.${part}`)}</span>
            </label>
          ))
        }
      </Menu>
    </div>
  );
}
