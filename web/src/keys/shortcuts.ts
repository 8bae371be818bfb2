/** What the keys do, wherever the focus is. */

import { BLACK, WHITE } from "../canvas/colours";
import { withLayer } from "../canvas/drawing";
import { TOOLS } from "../canvas/easel";
import { clamp } from "../canvas/geometry";
import { setMode } from "../studio/drawing";
import { remove, toggleStar } from "../studio/gallery";
import { shownJob } from "../studio/jobs";
import { toggleLive } from "../studio/live";
import { generate, interrupt, pickedPicture } from "../studio/painting";
import { type Hand, easel, tools, view, work } from "../studio/state";
import { attempt } from "../studio/toasts";
import { type ActionName, actionOf, nameOf } from "./bindings";

/** What the canvas on the page can do for the keys. */
export const canvasCommands = { fit: (): void => undefined, actual: (): void => undefined };

/** Listen to the page's keys until the signal aborts. */
export function listen(signal: AbortSignal): void {
  document.addEventListener("keydown", press, { signal });
}

const EVERYWHERE: ReadonlySet<ActionName> = new Set(["generate", "front", "interrupt", "interrupt2"]);

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const target = event.target as HTMLElement;
  const action = actionOf(nameOf(event), view.value.keys);
  // Escape closes an open dialog before it means anything else.
  if (event.key === "Escape" && view.value.dialog !== "") return;
  if (action && EVERYWHERE.has(action)) return run(event, action);
  if (isTyping(target) || view.value.dialog === "help" || view.value.dialog === "drop") return;

  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  if (digit && !event.ctrlKey && !event.metaKey && !event.altKey) return pickOrFade(event, Number(digit));
  const steers = event.key.startsWith("Arrow") && /^(INPUT|SELECT)$/.test(target.tagName);
  if (action && !steers) run(event, action);
}

function run(event: KeyboardEvent, action: ActionName): void {
  event.preventDefault();
  ACTIONS[action]();
}

/** Digits pick a picture; with Shift they are the brush's opacity in tenths. */
function pickOrFade(event: KeyboardEvent, digit: number): void {
  event.preventDefault();
  if (event.shiftKey) return brush({ opacity: digit / 10 });
  pick(digit - 1);
}

export function pick(index: number): void {
  const count = shownJob()?.pictures.length ?? 0;
  if (index >= 0 && index < count) work.set({ picked: index });
}

export function hold(tool: Hand): void {
  tools.set({ tool });
}

export function brush(change: Partial<typeof tools.value.brush>): void {
  tools.set({ brush: { ...tools.value.brush, ...change } });
}

export function resizeBrush(factor: number): void {
  const { size } = tools.value.brush;
  const wanted = size * factor;
  // Small brushes grow by at least a pixel.
  const stepped = Math.abs(wanted - size) < 1 ? size + Math.sign(factor - 1) : wanted;
  brush({ size: clamp(Math.round(stepped), 1, 500) });
}

export function swapColours(): void {
  const { brush: held, second } = tools.value;
  tools.set({ brush: { ...held, colour: second }, second: held.colour });
}

function harden(by: number): void {
  brush({ hardness: clamp(Math.round((tools.value.brush.hardness + by) * 100) / 100, 0, 1) });
}

function withPicked(action: (picture: NonNullable<ReturnType<typeof pickedPicture>>) => Promise<void>): void {
  const picture = view.value.viewed ?? pickedPicture();
  if (picture) void attempt(() => action(picture));
}

/** Show the picked picture large, or in comparison. */
export function open(dialog: "viewer" | "compare"): void {
  const viewed = pickedPicture() ?? null;
  if (view.value.dialog === dialog) view.set({ dialog: "", viewed: null });
  else if (viewed || view.value.viewed) view.set({ dialog, viewed: view.value.viewed ?? viewed });
}

function toggleMask(): void {
  const marks = easel.drawing.layers.find(({ role }) => role === "mask");
  if (!marks) setMode("inpaint");
  else easel.reshape((drawing) => withLayer(drawing, marks.id, { visible: !marks.visible }));
}

const holds = Object.fromEntries(
  ([...TOOLS, "pan"] as const).map((tool) => [tool, () => hold(tool)]),
) as Record<Hand, () => void>;

const ACTIONS: Record<ActionName, () => void> = {
  ...holds,
  generate: () => void generate(),
  front: () => void generate(true),
  interrupt: () => void interrupt(),
  interrupt2: () => void interrupt(),
  smaller: () => resizeBrush(1 / 1.15),
  larger: () => resizeBrush(1.15),
  softer: () => harden(-0.1),
  harder: () => harden(0.1),
  swap: swapColours,
  defaults: () => {
    brush({ colour: BLACK });
    tools.set({ second: WHITE });
  },
  undo: () => easel.undo(),
  redo: () => easel.redo(),
  redo2: () => easel.redo(),
  fit: () => canvasCommands.fit(),
  fit2: () => canvasCommands.fit(),
  actual: () => canvasCommands.actual(),
  mask: toggleMask,
  live: toggleLive,
  star: () => withPicked(toggleStar),
  compare: () => open("compare"),
  viewer: () => open("viewer"),
  delete: () => withPicked(remove),
  next: () => pick(work.value.picked + 1),
  previous: () => pick(work.value.picked - 1),
  help: () => view.set({ dialog: "help" }),
};

function isTyping(target: HTMLElement): boolean {
  if (target.isContentEditable || target.tagName === "TEXTAREA") return true;
  const input = target as HTMLInputElement;
  return target.tagName === "INPUT" && !["range", "checkbox", "radio", "button"].includes(input.type);
}
