/** How near the drawing is, and its size. */

import type { Screen } from "../canvas/screen";
import { zoomed } from "../canvas/viewport";
import { useWords } from "../i18n";
import { Button } from "./parts";
import { useDrawing } from "./useDrawing";

export function ZoomBar({ screen, scale }: { screen: Screen | null; scale: number }) {
  const say = useWords();
  const { width, height } = useDrawing();
  const zoom = (factor: number): void => {
    if (!screen) return;
    const middle = { x: screen.canvas.clientWidth / 2, y: screen.canvas.clientHeight / 2 };
    screen.look(zoomed(screen.view, factor, middle));
  };
  return (
    <div class="zoom-bar">
      <span class="size">
        {width} × {height}
      </span>
      <Button icon="minus" label={say("zoom.out")} onClick={() => zoom(1 / 1.25)} />
      <button
        type="button"
        class="button percent"
        title={say("zoom.actual")}
        onClick={() => screen?.actualSize()}
      >
        {Math.round(scale * 100)} %
      </button>
      <Button icon="plus" label={say("zoom.in")} onClick={() => zoom(1.25)} />
      <Button icon="fit" label={say("zoom.fit")} shortcut="S" onClick={() => screen?.fit()} />
    </div>
  );
}
