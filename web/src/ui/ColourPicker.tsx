/** A wheel of hues with its shade, the palette, and the colour as text. */

import { useRef, useState } from "preact/hooks";
import { type Hsv, PALETTE, fromHex, fromHsv, toHex, toHsv } from "../canvas/colours";
import { useWords } from "../i18n";
import { brush } from "../keys/shortcuts";
import { useStore } from "../store";
import { tools } from "../studio/state";
import { Swatches } from "./Swatches";

export function ColourPicker() {
  const say = useWords();
  const colour = useStore(tools, (value) => value.brush.colour);
  // Grey has no hue: remember the one that was chosen, so that the wheel does not jump.
  const [chosen, setChosen] = useState<Hsv>(() => toHsv(colour));
  const hsv = toHex(fromHsv(chosen)) === toHex(colour) ? chosen : toHsv(colour);
  const choose = (change: Partial<Hsv>): void => {
    const next = { ...hsv, ...change };
    setChosen(next);
    brush({ colour: fromHsv(next) });
  };
  return (
    <div class="colour-picker">
      <Wheel hsv={hsv} choose={choose} />
      <div class="channels">
        <Channel name="hue" most={359} value={hsv.hue} change={(hue) => choose({ hue })} />
        <Channel
          name="saturation"
          most={100}
          value={hsv.saturation * 100}
          change={(share) => choose({ saturation: share / 100 })}
        />
        <Channel
          name="value"
          most={100}
          value={hsv.value * 100}
          change={(share) => choose({ value: share / 100 })}
        />
      </div>
      <label class="text-field">
        <span class="hidden-label">{say("colour.hex")}</span>
        <input
          type="text"
          class="hex"
          value={toHex(colour)}
          spellcheck={false}
          onChange={(event) => {
            const typed = fromHex(event.currentTarget.value);
            if (typed) brush({ colour: typed });
            else event.currentTarget.value = toHex(colour);
          }}
        />
      </label>
      <Swatches class="palette" label={say("colour.palette")} colours={PALETTE} />
    </div>
  );
}

/** The wheel is for pointers; the three sliders beneath say the same to everybody. */
function Wheel({ hsv, choose }: { hsv: Hsv; choose: (change: Partial<Hsv>) => void }) {
  const wheel = useRef<HTMLDivElement>(null);
  const pick = (event: PointerEvent): void => {
    if (!wheel.current || !event.buttons) return;
    wheel.current.setPointerCapture(event.pointerId);
    const box = wheel.current.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
    const hue = (Math.atan2(y, x) * (180 / Math.PI) + 90 + 360) % 360;
    const saturation = Math.min(Math.hypot(x, y) / (box.width / 2), 1);
    choose({ hue, saturation, ...(hsv.value < 0.05 ? { value: 1 } : {}) });
  };
  const turn = ((hsv.hue - 90) * Math.PI) / 180;
  const knob = {
    left: `${50 + Math.cos(turn) * hsv.saturation * 50}%`,
    top: `${50 + Math.sin(turn) * hsv.saturation * 50}%`,
    background: toHex(fromHsv(hsv)),
  };
  return (
    <div class="wheel" ref={wheel} aria-hidden="true" onPointerDown={pick} onPointerMove={pick}>
      <div class="wheel-shade" style={{ opacity: 1 - hsv.value }} />
      <div class="knob" style={knob} />
    </div>
  );
}

interface ChannelProps {
  readonly name: "hue" | "saturation" | "value";
  readonly most: number;
  readonly value: number;
  readonly change: (value: number) => void;
}

function Channel({ name, most, value, change }: ChannelProps) {
  const label = useWords()(`colour.${name}`);
  return (
    <label class="channel" title={label}>
      <span aria-hidden="true">{label.charAt(0)}</span>
      <input
        type="range"
        aria-label={label}
        min={0}
        max={most}
        value={Math.round(value)}
        style={{ "--share": `${(value / most) * 100}%` }}
        onInput={(event) => change(Number(event.currentTarget.value))}
      />
    </label>
  );
}
