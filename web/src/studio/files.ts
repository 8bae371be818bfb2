/** Files that come in and go out: pictures, drawings with their layers. */

import { activeLayer, mask, sketch } from "../canvas/drawing";
import { ora, unora } from "../canvas/ora";
import type { Pixels } from "../canvas/pixels";
import { png } from "../canvas/png";
import { say } from "../i18n";
import { easel, settings, view } from "./state";
import { attempt, tell } from "./toasts";

/** Files came in by drop, paste or menu: open a drawing, or ask what shall become of pictures. */
export function offer(files: Iterable<File>): void {
  const all = [...files];
  const drawing = all.find(({ name }) => /\.ora$/i.test(name));
  const pictures = all.filter(({ type }) => type.startsWith("image/"));
  if (drawing) void openDrawing(drawing);
  else if (pictures.length) view.set({ dialog: "drop", dropped: pictures });
  else if (all.length) tell(say("error.picture"), "bad");
}

/** Open an OpenRaster file in place of the drawing; undo brings the old one back. */
function openDrawing(file: Blob): Promise<void> {
  return attempt(async () => {
    const opened = await unora(new Uint8Array(await file.arrayBuffer())).catch(() => {
      throw new Error(say("error.ora"));
    });
    easel.reshape(() => opened);
    settings.set({ parent: "" });
    if (opened.layers.length > 1) view.set({ layers: true });
  });
}

/** Save the drawing, its active layer or its mask as a picture, or all of it with its layers. */
export function save(what: "drawing" | "layer" | "mask" | "ora"): Promise<void> {
  return attempt(async () => {
    if (what === "ora") return downloadBytes(await ora(easel.drawing), "image/openraster", "drawing.ora");
    const picture = pictureOf(what);
    if (!picture) return tell(say("error.mask"), "bad");
    downloadBytes(await png(picture), "image/png", `${what}.png`);
  });
}

function pictureOf(what: "drawing" | "layer" | "mask"): Pixels | null {
  const { drawing } = easel;
  if (what === "layer") return activeLayer(drawing).pixels;
  return what === "mask" ? mask(drawing) : sketch(drawing);
}

function downloadBytes(bytes: Uint8Array<ArrayBuffer>, type: string, name: string): void {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  download(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function download(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
