/** OpenRaster files: a drawing with its layers, for GIMP, Krita, MyPaint, and back.
 *
 * A zip archive with a PNG a layer and a stack.xml that names them from the top down; see
 * openraster.org. The roles of layers are an attribute of our own, which others pass over; the
 * background is a layer of one colour at the bottom.
 */

import { type Colour, WHITE } from "./colours";
import { type Drawing, type Layer, MAX_LAYERS, type Role, layer as newLayer, sketch } from "./drawing";
import type { Size } from "./geometry";
import { allowed, decoded, fittedInto } from "./pictures";
import { type Pixels, blank, lay, placed } from "./pixels";
import { png } from "./png";
import { unpng } from "./unpng";
import { type Entries, unzipped, zipped } from "./zip";

const TYPE = "image/openraster";
const ROLES: readonly Role[] = ["sketch", "mask", "guide"];
const MAX_SIDE = 8192;

/** The drawing as an OpenRaster file. */
export async function ora(drawing: Drawing): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height, background } = drawing;
  const entries = new Map([["mimetype", new TextEncoder().encode(TYPE)]]);
  const ground = { id: 0, name: "Background", visible: true, opacity: 1, pixels: blank(drawing, background) };
  const rows: string[] = [];
  for (const each of [{ ...ground, role: "background" }, ...drawing.layers]) {
    const src = `data/layer${each.id}.png`;
    entries.set(src, await png(each.pixels));
    const visibility = each.visible ? "visible" : "hidden";
    rows.unshift(
      `<layer name="${escaped(each.name || `${each.role} ${each.id}`)}" src="${src}" x="0" y="0" ` +
        `opacity="${each.opacity}" visibility="${visibility}" composite-op="svg:src-over" ` +
        `underpaint:role="${each.role}"/>`,
    );
  }
  const stack =
    `<?xml version="1.0" encoding="UTF-8"?>\n<image version="0.0.3" w="${width}" h="${height}" ` +
    `xmlns:underpaint="urn:underpaint">\n<stack>\n${rows.join("\n")}\n</stack>\n</image>\n`;
  entries.set("stack.xml", new TextEncoder().encode(stack));
  const merged = sketch(drawing);
  entries.set("mergedimage.png", await png(merged));
  const scale = Math.min(1, 256 / Math.max(width, height));
  const small = { width: Math.round(width * scale), height: Math.round(height * scale) };
  entries.set("Thumbnails/thumbnail.png", await png(fittedInto(merged, small)));
  return zipped(entries);
}

/** The drawing in an OpenRaster file, fitted to a size that can be painted; fails for another file. */
export async function unora(file: Uint8Array<ArrayBuffer>): Promise<Drawing> {
  const entries = await unzipped(file);
  const text = new TextDecoder().decode(entries.get("stack.xml"));
  const image = new DOMParser().parseFromString(text, "text/xml").querySelector("image");
  const whole = { width: Number(image?.getAttribute("w")), height: Number(image?.getAttribute("h")) };
  if (!image || !(whole.width > 0 && whole.height > 0) || Math.max(whole.width, whole.height) > MAX_SIDE) {
    throw new RangeError("no size");
  }
  const size = allowed(whole);
  let background: Colour = WHITE;
  const layers: Layer[] = [];
  for (const each of [...image.querySelectorAll("layer")].reverse()) {
    const pixels = fittedInto(await placedPixels(each, entries, whole), size);
    const role = each.getAttribute("underpaint:role") ?? "sketch";
    if (role === "background") background = [pixels.data[0], pixels.data[1], pixels.data[2]];
    else layers.push(described(each, layers.length + 1, role, pixels));
  }
  const kept = merged(layers, size);
  return { ...size, background, layers: kept, active: kept[kept.length - 1].id };
}

/** A layer's pixels where they lie on the whole drawing. */
async function placedPixels(element: Element, entries: Entries, whole: Size): Promise<Pixels> {
  const bytes = entries.get(element.getAttribute("src") ?? "");
  if (!bytes) return blank(whole);
  const pixels = (await unpng(bytes)) ?? (await decoded(new Blob([bytes])));
  const [x, y] = ["x", "y"].map((side) => Math.round(Number(element.getAttribute(side) ?? 0)));
  return placed(pixels, whole, x, y);
}

function described(element: Element, id: number, role: string, pixels: Pixels): Layer {
  const known = ROLES.find((each) => each === role) ?? "sketch";
  const name = element.getAttribute("name") ?? "";
  return {
    ...newLayer(id, known, pixels, /^(sketch|mask|guide) \d+$/.test(name) ? "" : name.slice(0, 60)),
    visible: element.getAttribute("visibility") !== "hidden",
    opacity: Math.min(Math.max(Number(element.getAttribute("opacity") ?? 1) || 0, 0), 1),
  };
}

/** No more layers than there may be: the lowest ones become one. */
function merged(layers: readonly Layer[], size: Size): Layer[] {
  if (!layers.length) return [newLayer(1, "sketch", blank(size))];
  const spare = layers.length - MAX_LAYERS + 1;
  if (spare <= 1) return [...layers];
  const ground = blank(size);
  for (const { pixels, opacity, visible } of layers.slice(0, spare)) {
    if (visible) lay(ground, pixels, 0, 0, opacity);
  }
  return [newLayer(1, "sketch", ground), ...layers.slice(spare)];
}

function escaped(text: string): string {
  return text.replace(/[<>&"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
