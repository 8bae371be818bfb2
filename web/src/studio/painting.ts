/** From the page's settings and the drawing to a job, and from a picture back to the settings. */

import * as api from "../api/client";
import type { Catalogue, Fields, Picture } from "../api/types";
import { BLACK, WHITE } from "../canvas/colours";
import { guide, mask, sketch } from "../canvas/drawing";
import { base64 } from "../canvas/pictures";
import { png } from "../canvas/png";
import { say } from "../i18n";
import { isPlotted } from "../request/axes";
import { kindOf } from "../request/groups";
import { defaults, described, fitting } from "../request/schema";
import { needPictures, isOver, shownJob, update } from "./jobs";
import { easel, server, settings, view, work } from "./state";
import { attempt, tell } from "./toasts";

const MAX_PROMPTS = 100;
/** Fields that hold pictures: they come from the canvas or the gallery. */
const PICTURES: ReadonlySet<string> = new Set(["init", "mask", "original", "controls"]);

/** Every field as it would be sent, without the pictures; a picture's size is the drawing's. */
export function fields(kind = "image"): Fields {
  const { width, height } = easel.drawing;
  const schema = server.value.catalogue?.schemas[kind];
  const all = {
    ...(schema ? defaults(schema) : {}),
    ...settings.value.fields[kind],
    ...(kind === "image" ? { width, height } : {}),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => !PICTURES.has(name) && value != null),
  );
}

export function setField(name: string, value: unknown, kind = "image"): void {
  const { fields: all } = settings.value;
  settings.set({ fields: { ...all, [kind]: { ...all[kind], [name]: value } } });
}

/** Everything back to the defaults, but for the words and the model. */
export function reset(kind: string): void {
  const { prompt, negative, model } = settings.value.fields[kind] ?? {};
  settings.set({
    fields: { ...settings.value.fields, grid: {}, control: {}, [kind]: { prompt, negative, model } },
  });
}

/** Paint: send the request as it stands; `front` goes before what waits. */
export function generate(front = false): Promise<void> {
  return attempt(async () => {
    if (!server.value.catalogue) return tell(say("status.offline"), "bad");
    const [kind, asked] = wanted();
    const wish = await withPictures(asked);
    if (!wish) return;
    const parent = "init" in wish.request ? settings.value.parent : "";
    await send({ ...wish, kind, front, parent, styles: kind === "upscale" ? [] : settings.value.styles });
  });
}

/** Paint exactly this picture again: its request, and the very pictures it was painted from. */
export function reproduce(picture: Picture): Promise<void> {
  return attempt(async () => {
    const given = Object.entries(picture.request).filter(
      ([name, value]) => value !== null && !(name in picture.inputs),
    );
    const kind = await kindOfPicture(picture);
    await send({ kind, request: Object.fromEntries(given), inputs: picture.inputs });
  });
}

/** Enlarge a picture of the gallery as the controls of enlarging say. */
export function upscale(picture: Picture): Promise<void> {
  return attempt(async () => {
    await send({ kind: "upscale", request: fields("upscale"), inputs: { init: picture.id } });
  });
}

/** The kind of work that makes a picture by itself: of a grid all but the sheet are images. */
async function kindOfPicture({ job, request }: Picture): Promise<string> {
  const kind = job ? (await api.job(job)).kind : "image";
  if (kind === "grid") return "x" in request ? kind : "image";
  return kind === "loopback" && !("loops" in request) ? "image" : kind;
}

/** The kind of work that Generate asks for, and its fields without pictures. */
export function wanted(): [kind: string, request: Fields] {
  const { mode, looped, fields: all } = settings.value;
  const kind = kindOf(mode);
  const over = isPlotted(all["grid"]) ? "grid" : looped && mode !== "words" ? "loopback" : "";
  if (kind !== "image" || !over) return [kind, fields(kind)];
  // How many pictures these have follows from their axes and loops.
  const { batch: _, ...picture } = fields();
  return [over, { ...picture, ...all[over] }];
}

/** What a job is asked for with: its fields, and pictures of the gallery that stand in some. */
type Asked = Required<Pick<api.Wish, "request" | "inputs">>;

/** The request with what the mode takes from the canvas; null when there is nothing to repaint. */
async function withPictures(plain: Fields): Promise<Asked | null> {
  const { mode, parent } = settings.value;
  const request = mode === "upscale" ? plain : await controlled(plain);
  if (mode === "words") return { request, inputs: {} };
  const init = base64(await png(sketch(easel.drawing)));
  if (mode !== "inpaint") return { request: { ...request, init }, inputs: {} };
  const marks = mask(easel.drawing);
  if (marks) return { request: { ...request, init, mask: base64(await png(marks)) }, inputs: {} };
  // Strokes on a picture that is known say themselves where to repaint.
  if (parent) return { request: { ...request, init }, inputs: { original: parent } };
  tell(say("error.mask"), "bad");
  return null;
}

/** The request led by the guide layers, where a ControlNet is chosen; without guides, by the sketch. */
async function controlled(request: Fields): Promise<Fields> {
  const control = settings.value.fields["control"];
  if (!control?.["model"]) return request;
  // What no preprocessor makes lines of must be drawn in white on black.
  const plain = (control["preprocessor"] ?? "none") === "none";
  const guides = guide(easel.drawing, plain ? BLACK : WHITE);
  const picture = guides ? { picture: base64(await png(guides)) } : {};
  return { ...request, controls: [{ ...control, ...picture }] };
}

/** Hand a job in, and show it. */
export async function send(wish: Omit<api.Wish, "key">): Promise<void> {
  remember(String(wish.request["prompt"] ?? ""));
  const job = await api.submit({ ...wish, key: crypto.randomUUID() });
  update(job.id, job);
  work.set({ shown: job.id, picked: 0 });
  view.set({ side: "results", narrow: "results", hint: false });
  await needPictures();
}

/** Cancel the shown job, or else whatever is being painted. */
export function interrupt(): Promise<void> {
  const shown = shownJob();
  const target = shown && !isOver(shown) ? shown : work.value.jobs.find(({ state }) => state === "running");
  return target ? cancel(target.id) : Promise.resolve();
}

export function cancel(id: string): Promise<void> {
  return attempt(async () => update(id, await api.cancel(id)));
}

/** Set the controls to these values; what does not fit a control is left out. */
export function recall(values: Fields): void {
  const { catalogue } = server.value;
  if (!catalogue) return;
  const chosen = fittingFields(values, catalogue);
  const { width, height, ...rest } = chosen;
  const { fields: all } = settings.value;
  settings.set({ fields: { ...all, image: { ...all["image"], ...rest } } });
  const { drawing } = easel;
  const size = { width: Number(width ?? drawing.width), height: Number(height ?? drawing.height) };
  easel.resize(size);
}

export function fittingFields(values: Fields, catalogue: Catalogue): Fields {
  const kept: Fields = {};
  for (const { name, control } of described(catalogue.schemas["image"])) {
    const value = values[name] === undefined ? null : fitting(control, values[name]);
    if (value !== null && name !== "batch") kept[name] = value;
  }
  return kept;
}

/** Keep a prompt for Alt+Up, the newest last, each once. */
function remember(prompt: string): void {
  if (!prompt.trim()) return;
  const others = settings.value.prompts.filter((each) => each !== prompt);
  settings.set({ prompts: [...others, prompt].slice(-MAX_PROMPTS) });
}

/** The seed of the picture that is picked, for "reuse the last seed"; null when there is none. */
export function lastSeed(): number | null {
  const picture = pickedPicture();
  const seed = picture?.request["seed"] ?? shownJob()?.request["seed"];
  return typeof seed === "number" ? seed : null;
}

export function pickedPicture(): Picture | undefined {
  const id = shownJob()?.pictures[work.value.picked];
  return id ? work.value.pictures[id] : undefined;
}
