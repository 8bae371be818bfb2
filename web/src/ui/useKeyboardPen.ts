/** Drawing without a pointer: arrows move the brush, Space puts it down and lifts it. */

import { useRef, useState } from "preact/hooks";
import type { Point } from "../canvas/geometry";
import { clamp } from "../canvas/geometry";
import type { Screen } from "../canvas/screen";
import { toScreen } from "../canvas/viewport";
import { say } from "../i18n";
import { brush } from "../keys/shortcuts";
import { easel, tools } from "../studio/state";
import { speak } from "../studio/toasts";

const STEPS: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

export interface KeyboardPen {
  /** Where the brush is on the screen; null while a pointer has it. */
  readonly place: Point | null;
  readonly press: (event: KeyboardEvent) => void;
  readonly forget: () => void;
}

export function useKeyboardPen(screen: Screen | null): KeyboardPen {
  const [point, setPoint] = useState<Point | null>(null);
  const down = useRef(false);

  const move = (by: Point, far: boolean): void => {
    const { width, height } = easel.drawing;
    const start = point ?? { x: width / 2, y: height / 2 };
    const step = far ? 40 : 8;
    const next = { x: clamp(start.x + by.x * step, 0, width), y: clamp(start.y + by.y * step, 0, height) };
    setPoint(next);
    if (down.current) easel.drag({ ...next, pressure: 1 });
    speak(say("canvas.at", next), false);
  };
  const toggle = (): void => {
    if (!point) return;
    const { tool } = tools.value;
    if (tool === "pan") return;
    if (tool === "eyedropper") {
      const colour = easel.colourAt(point);
      if (colour) brush({ colour });
      return;
    }
    down.current = !down.current;
    if (down.current) easel.press(tool, tools.value.brush, { ...point, pressure: 1 });
    else easel.release();
    if (tool === "fill") down.current = false;
    speak(say(down.current ? "canvas.pen.down" : "canvas.pen.up"));
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in STEPS) move(STEPS[event.key], event.shiftKey);
    else if (event.code === "Space" && point) toggle();
    else return;
    event.preventDefault();
  };
  const forget = (): void => {
    if (down.current) easel.release();
    down.current = false;
    setPoint(null);
  };
  return { place: point && screen ? toScreen(screen.view, point) : null, press, forget };
}
