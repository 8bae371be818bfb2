/** From the page's settings and the drawing to a job, and from a picture back to the settings. */

import * as api from "../api/client";
import type { Catalogue, Fields, Picture } from "../api/types";
import { mask, sketch } from "../canvas/drawing";
import { base64 } from "../canvas/pictures";
import { png } from "../canvas/png";
import { say } from "../i18n";
import { defaults, described, fitting } from "../request/schema";
import { needPictures, isOver, shownJob, update } from "./jobs";
import { easel, server, settings, view, work } from "./state";
import { attempt, tell } from "./toasts";

const MAX_PROMPTS = 100;
/** Fields that hold pictures: they come from the canvas or the gallery. */
const PICTURES: Fields = { init: null, mask: null };

/** Every field as it would be sent, without the pictures. */
export function fields(): Fields {
  const { catalogue } = server.value;
  if (!catalogue) return settings.value.fields;
  const { width, height } = easel.drawing;
  const all = { ...defaults(catalogue.schema), ...settings.value.fields, width, height };
  return Object.fromEntries(
    Object.entries(all).filter(([name, value]) => !(name in PICTURES) && value != null),
  );
}

export function setField(name: string, value: unknown): void {
  settings.set({ fields: { ...settings.value.fields, [name]: value } });
}

/** Paint: send the request as it stands; `front` goes before what waits. */
export function generate(front = false): Promise<void> {
  return attempt(async () => {
    if (!server.value.catalogue) return tell(say("status.offline"), "bad");
    const request = await withPictures(fields());
    if (request) await send({ request, front, parent: "init" in request ? settings.value.parent : "" });
  });
}

/** Paint exactly this picture again: its request, and the very pictures it was painted from. */
export function reproduce(picture: Picture): Promise<void> {
  return attempt(async () => {
    const given = Object.entries(picture.request).filter(([name]) => !(name in PICTURES));
    await send({ request: Object.fromEntries(given), inputs: picture.inputs });
  });
}

/** The request with what the mode takes from the canvas; null when there is nothing to repaint. */
async function withPictures(request: Fields): Promise<Fields | null> {
  const { mode } = settings.value;
  if (mode === "words") return request;
  const marks = mode === "inpaint" ? mask(easel.drawing) : null;
  if (mode === "inpaint" && !marks) {
    tell(say("error.mask"), "bad");
    return null;
  }
  const init = base64(await png(sketch(easel.drawing)));
  return marks ? { ...request, init, mask: base64(await png(marks)) } : { ...request, init };
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
  settings.set({ fields: { ...settings.value.fields, ...rest } });
  const { drawing } = easel;
  const size = { width: Number(width ?? drawing.width), height: Number(height ?? drawing.height) };
  easel.resize(size);
}

export function fittingFields(values: Fields, catalogue: Catalogue): Fields {
  const kept: Fields = {};
  for (const { name, control } of described(catalogue.schema)) {
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
