/** Live painting: the picture follows the brush. */

import { Live } from "../api/live";
import { sketch } from "../canvas/drawing";
import { compressed } from "../canvas/pictures";
import { say } from "../i18n";
import { fields } from "./painting";
import { easel, live, settings, view } from "./state";
import { speak, tell } from "./toasts";

/** While the brush moves: small and in few steps. When it rests: as it was asked for. */
const MOVING = { side: 256, steps: 6 } as const;
const REST = 600;
const QUALITY = 0.92;

let socket: Live | null = null;
let stop: (() => void)[] = [];
let resting: ReturnType<typeof setTimeout> | undefined;

export function toggleLive(): void {
  if (view.value.live) end();
  else begin();
  speak(say(view.value.live ? "live.on" : "live.off"));
}

function begin(): void {
  view.set({ live: true, side: "results" });
  const set = fields()["seed"];
  const seed = typeof set === "number" && set >= 0 ? set : Math.floor(Math.random() * 2 ** 32);
  live.set({ seed, working: false });
  socket = new Live({ picture: show, refused, closed });
  stop = [easel.listen(({ kind }) => (kind === "shape" ? undefined : changed())), settings.listen(changed)];
  changed();
}

function end(): void {
  stop.forEach((each) => each());
  stop = [];
  clearTimeout(resting);
  socket?.close();
  socket = null;
  view.set({ live: false });
  live.set({ working: false });
}

/** Something was drawn or set: paint it soon and roughly, and in full when the hand rests. */
function changed(): void {
  if (document.hidden) return;
  clearTimeout(resting);
  void paint({ rough: true });
  resting = setTimeout(() => void paint({ rough: false }), REST);
}

/** Have the live picture in full once more, and kept. */
export function keep(): Promise<void> {
  clearTimeout(resting);
  return paint({ rough: false, keep: true });
}

let compressing = false;
let next: { rough: boolean; keep?: boolean } | null = null;

async function paint(way: { rough: boolean; keep?: boolean }): Promise<void> {
  next = { ...way, keep: way.keep || (next?.keep ?? false) };
  if (compressing) return;
  compressing = true;
  while (next && socket) {
    const { rough, keep: kept = false } = next;
    next = null;
    const size = sizeFor(rough);
    const picture = await compressed(sketch(easel.drawing), size, QUALITY);
    const asked = fields();
    const steps = rough ? Math.min(Number(asked["steps"]), MOVING.steps) : asked["steps"];
    live.set({ working: true });
    socket?.paint({
      picture,
      request: { ...asked, ...size, steps, seed: live.value.seed, batch: 1 },
      keep: kept,
    });
  }
  compressing = false;
}

function sizeFor(rough: boolean): { width: number; height: number } {
  const { width, height } = easel.drawing;
  const scale = rough ? Math.min(1, MOVING.side / Math.max(width, height)) : 1;
  const side = (length: number): number => Math.max(64, Math.round((length * scale) / 8) * 8);
  return { width: side(width), height: side(height) };
}

function show(picture: Blob, done: boolean, kept: boolean): void {
  if (live.value.picture) URL.revokeObjectURL(live.value.picture);
  live.set({ picture: URL.createObjectURL(picture), working: !done });
  if (kept) tell(say("live.kept"));
}

function refused(sentence: string): void {
  tell(sentence, "bad");
  live.set({ working: false });
}

function closed(): void {
  if (!view.value.live) return;
  tell(say("live.unavailable"), "bad");
  end();
}
