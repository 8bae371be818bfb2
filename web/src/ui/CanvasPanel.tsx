/** The canvas with everything around it: tools at its left, the brush above, layers at its right. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Point } from "../canvas/geometry";
import { Pointer } from "../canvas/pointer";
import { Screen } from "../canvas/screen";
import type { Viewport } from "../canvas/viewport";
import { remembered } from "../canvas/colours";
import { useWords } from "../i18n";
import { brush, canvasCommands, resizeBrush } from "../keys/shortcuts";
import { Store, useStore } from "../store";
import { easel, tools } from "../studio/state";
import { BrushBar } from "./BrushBar";
import { Layers } from "./Layers";
import { NewSheet } from "./NewSheet";
import { Tools } from "./Tools";
import { ZoomBar } from "./ZoomBar";
import { useDrawing } from "./useDrawing";
import { useKeyboardPen } from "./useKeyboardPen";

/** Where the pointer is over the canvas; null when it is elsewhere. */
const hovered = new Store({ place: null as Point | null });

export function CanvasPanel() {
  const say = useWords();
  const { width, height } = useDrawing();
  const canvas = useRef<HTMLCanvasElement>(null);
  const room = useRef<HTMLDivElement>(null);
  const space = useRef(false);
  const [screen, setScreen] = useState<Screen | null>(null);
  const [view, setView] = useState<Viewport>({ scale: 1, x: 0, y: 0 });
  const tool = useStore(tools, (value) => value.tool);
  const keyboard = useKeyboardPen(screen);

  useEffect(() => {
    if (!canvas.current || !room.current) return undefined;
    const stopper = new AbortController();
    const shown = new Screen(canvas.current, easel, setView);
    const hand = {
      tool: () => (tools.value.tool === "pan" ? ("brush" as const) : tools.value.tool),
      brush: () => tools.value.brush,
      panning: () => space.current || tools.value.tool === "pan",
      picked: (point: Point) => {
        const colour = easel.colourAt(point);
        if (colour) brush({ colour });
      },
      painted: () => tools.set({ recent: remembered(tools.value.recent, tools.value.brush.colour) }),
      hover: (place: Point | null) => hovered.set({ place }),
      resized: resizeBrush,
    };
    new Pointer(shown, easel, hand, stopper.signal);
    const observer = new ResizeObserver(([entry]) => shown.resize(entry.contentRect, devicePixelRatio));
    observer.observe(room.current);
    holdSpace(space, stopper.signal);
    canvasCommands.fit = () => shown.fit();
    canvasCommands.actual = () => shown.actualSize();
    setScreen(shown);
    return () => {
      stopper.abort();
      observer.disconnect();
      shown.close();
    };
  }, []);

  return (
    <section class="canvas-panel" aria-label={say("canvas")}>
      <Tools />
      <BrushBar />
      <div class="canvas-room" ref={room}>
        <canvas
          ref={canvas}
          class={`easel tool-${tool}`}
          role="application"
          tabIndex={0}
          aria-label={say("canvas.described", { width, height })}
          onKeyDown={keyboard.press}
          onPointerMove={keyboard.forget}
        />
        {tool === "pan" ? null : <Cursor keyboard={keyboard.place} scale={view.scale} />}
        <NewSheet />
        <ZoomBar screen={screen} scale={view.scale} />
        <Layers />
      </div>
    </section>
  );
}

/** The brush's outline under the pointer; it alone is drawn again as the pointer moves. */
function Cursor({ keyboard, scale }: { keyboard: Point | null; scale: number }) {
  const place = useStore(hovered, (value) => value.place) ?? keyboard;
  const size = useStore(tools, (value) => value.brush.size) * scale;
  const tool = useStore(tools, (value) => value.tool);
  const round = tool === "brush" || tool === "eraser" || tool === "line";
  if (!place) return null;
  const side = round ? Math.max(size, 4) : 8;
  const style = {
    width: `${side}px`,
    height: `${side}px`,
    transform: `translate(${place.x - side / 2}px, ${place.y - side / 2}px)`,
  };
  return <div class="cursor" style={style} />;
}

/** Space held down pans, unless somebody types or paints with the keyboard. */
function holdSpace(space: { current: boolean }, signal: AbortSignal): void {
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.code === "Space" && !event.defaultPrevented) space.current = true;
    },
    { signal },
  );
  document.addEventListener(
    "keyup",
    (event) => {
      if (event.code === "Space") space.current = false;
    },
    { signal },
  );
}
