/** A wheel of hues with its shade, the palette, and the colour as text. */

import { useRef, useState } from "preact/hooks";
import { type Hsv, fromHex, fromHsv, toHex, toHsv } from "../canvas/colours";
import { useWords } from "../i18n";
import { brush } from "../keys/shortcuts";
import { useStore } from "../store";
import { tools } from "../studio/state";

/** Flat colours that doodles are made of. */
const PALETTE = [
  "#000000",
  "#4b4b4b",
  "#9a9a9a",
  "#d9d9d9",
  "#ffffff",
  "#7a4a21",
  "#c08552",
  "#f1c9a5",
  "#e23b3b",
  "#f28c28",
  "#f8d628",
  "#7bc043",
  "#2e8b57",
  "#2aa9b8",
  "#2f6fde",
  "#6a4bd1",
  "#c13fa0",
  "#ff9ec4",
  "#8fd3ff",
  "#bfe3a3",
];

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
        <Channel label="H" most={359} value={hsv.hue} change={(hue) => choose({ hue })} />
        <Channel
          label="S"
          most={100}
          value={hsv.saturation * 100}
          change={(share) => choose({ saturation: share / 100 })}
        />
        <Channel
          label="V"
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
      <div class="palette" role="group" aria-label={say("colour.palette")}>
        {PALETTE.map((hex) => (
          <button
            type="button"
            key={hex}
            class="swatch"
            style={{ background: hex }}
            aria-label={say("colour.use", { colour: hex })}
            aria-pressed={hex === toHex(colour)}
            onClick={() => brush({ colour: fromHex(hex) ?? colour })}
          />
        ))}
      </div>
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

const NAMES: Record<string, string> = { H: "Hue", S: "Saturation", V: "Value" };

function Channel({
  label,
  most,
  value,
  change,
}: {
  label: string;
  most: number;
  value: number;
  change: (value: number) => void;
}) {
  return (
    <label class="channel" title={NAMES[label]}>
      <span aria-hidden="true">{label}</span>
      <input
        type="range"
        aria-label={NAMES[label]}
        min={0}
        max={most}
        value={Math.round(value)}
        style={{ "--share": `${(value / most) * 100}%` }}
        onInput={(event) => change(Number(event.currentTarget.value))}
      />
    </label>
  );
}
