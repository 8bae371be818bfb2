/** What the page does to the drawing as a whole: start, open, save, take a picture back in. */

import type { Picture } from "../api/types";
import { type Colour, WHITE } from "../canvas/colours";
import { withLayer, withNewLayer } from "../canvas/drawing";
import { MASK } from "../canvas/easel";
import { type Size } from "../canvas/geometry";
import { allowed, decoded, fittedInto } from "../canvas/pictures";
import { type Pixels, blank, words, packed } from "../canvas/pixels";
import { texts } from "../canvas/png";
import { say } from "../i18n";
import { recalled } from "../request/recall";
import type { Mode } from "../request/groups";
import { fields, recall, setField } from "./painting";
import { easel, server, settings, view } from "./state";
import { attempt, tell } from "./toasts";

export const SQUARE: Size = { width: 512, height: 512 };

/** An empty drawing of one colour, in one click; undo brings the old one back. */
export function renew(background: Colour, size: Size = SQUARE): void {
  easel.renew(size, background);
  settings.set({ parent: "" });
  setMode("sketch");
}

/** Choose where painting starts; inpainting gets a mask layer to mark on. */
export function setMode(mode: Mode): void {
  settings.set({ mode });
  const { layers, active } = easel.drawing;
  const marks = layers.find(({ role }) => role === "mask");
  if (mode === "inpaint") {
    view.set({ layers: true });
    if (!marks)
      easel.reshape((drawing) => withNewLayer({ ...drawing, active: layers[layers.length - 1].id }, "mask"));
    else {
      if (!marks.visible) easel.reshape((drawing) => withLayer(drawing, marks.id, { visible: true }));
      easel.activate(marks.id);
    }
  } else if (marks?.id === active) {
    const under = layers.findLast(({ role }) => role === "sketch");
    if (under) easel.activate(under.id);
  }
}

/** Take a picture in as the drawing, as a layer of it, or as its mask. */
export async function take(file: Blob, as: "sketch" | "layer" | "mask"): Promise<void> {
  const picture = await decoded(file).catch(() => {
    throw new Error(say("error.picture"));
  });
  if (as === "sketch") {
    const size = allowed(picture);
    easel.renew(size, WHITE, fittedInto(picture, size));
    settings.set({ parent: "" });
    if (settings.value.mode === "words") setMode("sketch");
    return;
  }
  const fitted = fittedInto(picture, easel.drawing);
  const pixels = as === "mask" ? marked(fitted) : fitted;
  easel.reshape((drawing) => withNewLayer(drawing, as === "mask" ? "mask" : "sketch", pixels));
  if (as === "mask") settings.set({ mode: "inpaint" });
}

/** Recall the settings inside a picture file; false when there are none. */
export async function recallFrom(file: Blob): Promise<boolean> {
  const { catalogue } = server.value;
  if (!catalogue) return false;
  const found = recalled(await texts(new Uint8Array(await file.arrayBuffer())), catalogue);
  if (!found) return false;
  recall(found);
  tell(say("recall.done"));
  return true;
}

export function useAsSketch(picture: Picture): Promise<void> {
  return attempt(async () => {
    await take(await fetched(picture), "sketch");
    settings.set({ parent: picture.id });
    view.set({ dialog: "" });
  });
}

/** Put a picture on the easel and mark on it what to repaint. */
export function sendToInpaint(picture: Picture): Promise<void> {
  return attempt(async () => {
    await take(await fetched(picture), "sketch");
    settings.set({ parent: picture.id });
    setMode("inpaint");
    view.set({ dialog: "" });
  });
}

/** Put the example on an empty easel. */
export async function openExample(address: string, prompt: string): Promise<void> {
  const picture = await decoded(await (await fetch(address)).blob());
  easel.renew(SQUARE, WHITE, fittedInto(picture, SQUARE));
  easel.open(easel.drawing);
  if (!fields()["prompt"]) setField("prompt", prompt);
}

/** Light pixels as marks: what is white in a mask is repainted. */
function marked(picture: Pixels): Pixels {
  const result = blank(picture);
  const target = words(result.data);
  for (let at = 0; at < target.length; at++) {
    const [red, green, blue, alpha] = picture.data.subarray(at * 4, at * 4 + 4);
    const light = Math.round((((red + green + blue) / 3) * alpha) / 255);
    if (light > 8) target[at] = packed(MASK, light);
  }
  return result;
}

async function fetched(picture: Picture): Promise<Blob> {
  const answer = await fetch(picture.url);
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.blob();
}
