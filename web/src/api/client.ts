/** The server's routes, one function each. Answers come in the page's own types. */

import { jobOf, pictureOf, type Json } from "./reading";
import {
  type Catalogue,
  type Fields,
  type Job,
  type Named,
  type Picture,
  Refusal,
  type Schema,
  type Style,
  Unreachable,
} from "./types";

export interface Wish {
  readonly kind?: string;
  readonly request: Fields;
  /** Pictures of the gallery that stand in fields of the request, by field. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** The same key twice is one job: a press of the button is never painted twice. */
  readonly key: string;
  readonly front?: boolean;
  /** Names of styles to lay over the prompts. */
  readonly styles?: readonly string[];
  /** The picture of the gallery that this one goes on from. */
  readonly parent?: string;
}

/** Whether the server lets this page in: it fails when not. */
export async function knock(): Promise<void> {
  await call("GET", "v1/jobs?limit=1");
}

export async function catalogue(): Promise<Catalogue> {
  const [models, samplers, schedules, upscalers, autoencoders, controlnets, schemas] = await Promise.all([
    call<{ data: Json[] }>("GET", "v1/models"),
    call<Json[]>("GET", "v1/samplers"),
    call<Json[]>("GET", "v1/schedules"),
    call<Json[]>("GET", "v1/upscalers"),
    call<Json[]>("GET", "v1/autoencoders"),
    call<Json[]>("GET", "v1/controlnets"),
    call<Record<string, Schema>>("GET", "v1/schemas"),
  ]);
  return {
    models: models.data.map(named),
    samplers: samplers.map(named),
    schedules: schedules.map(named),
    upscalers: upscalers.map(named),
    autoencoders: autoencoders.map(named),
    controlnets: controlnets.map(named),
    schemas,
  };
}

export async function submit({ key, parent, ...wish }: Wish): Promise<Job> {
  const order = { ...wish, parent: parent || null };
  return jobOf(await call<Json>("POST", "v1/jobs", order, { "Idempotency-Key": key }));
}

/** All that wait, and the newest of the others. */
export async function jobs(): Promise<Job[]> {
  return (await call<Json[]>("GET", "v1/jobs?limit=100")).map(jobOf);
}

export async function job(id: string): Promise<Job> {
  return jobOf(await call<Json>("GET", `v1/jobs/${id}`));
}

export async function cancel(id: string): Promise<Job> {
  return jobOf(await call<Json>("DELETE", `v1/jobs/${id}`));
}

/** Let a waiting job be the next. */
export async function toFront(id: string): Promise<void> {
  await call("PUT", `v1/jobs/${id}/position`, { position: 0 });
}

export interface Search {
  readonly query: string;
  readonly starred: boolean;
  /** The number of the last picture shown; 0 for the newest. */
  readonly before: number;
}

export async function gallery({ query, starred, before }: Search, limit = 40): Promise<Picture[]> {
  const asked = new URLSearchParams({ limit: String(limit) });
  if (query) asked.set("query", query);
  if (starred) asked.set("starred", "true");
  if (before) asked.set("before", String(before));
  return (await call<Json[]>("GET", `v1/gallery?${asked}`)).map(pictureOf);
}

export async function picture(id: string): Promise<Picture> {
  return pictureOf(await call<Json>("GET", `v1/gallery/${id}`));
}

export async function star(id: string, starred: boolean): Promise<Picture> {
  return pictureOf(await call<Json>("PUT", `v1/gallery/${id}/star`, { starred }));
}

export async function remove(id: string): Promise<void> {
  await call("DELETE", `v1/gallery/${id}`);
}

export async function restore(id: string): Promise<void> {
  await call("POST", `v1/gallery/${id}/restore`);
}

/** What prompts can name: adapters in <lora:...>, embeddings bare. */
export async function prompted(what: "adapters" | "embeddings"): Promise<string[]> {
  return (await call<Json[]>("GET", `v1/${what}`)).map(({ name }) => String(name));
}

export interface Tokens {
  /** How many a context holds. */
  readonly room: number;
  readonly prompt: readonly number[];
  readonly negative: readonly number[];
}

/** How many tokens each context of the prompts has. */
export async function tokens(prompts: Fields): Promise<Tokens> {
  return call<Tokens>("POST", "v1/tokens", prompts);
}

export async function styles(): Promise<Style[]> {
  return call<Style[]>("GET", "v1/styles");
}

export async function keepStyle(style: Style): Promise<void> {
  await call("PUT", "v1/styles", style);
}

export async function dropStyle(name: string): Promise<void> {
  await call("DELETE", `v1/styles?${new URLSearchParams({ name })}`);
}

function named(entry: Json): Named {
  const id = String(entry["id"] ?? entry["name"]);
  return { id, label: String(entry["label"] ?? id) };
}

async function call<T>(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<T> {
  const sent: RequestInit = { method, headers: { ...headers }, credentials: "same-origin" };
  if (body) {
    sent.body = JSON.stringify(body);
    sent.headers = { ...headers, "Content-Type": "application/json" };
  }
  const answer = await fetch(path, sent).catch((error: unknown) => {
    throw new Unreachable(String(error));
  });
  const text = await answer.text();
  if (!answer.ok) throw refusal(answer, text);
  return (text ? JSON.parse(text) : null) as T;
}

function refusal(answer: Response, text: string): Error {
  if (answer.status === 502 || answer.status === 503) return new Unreachable(answer.statusText);
  let sentence = text.slice(0, 300);
  try {
    const body = JSON.parse(text) as Json;
    sentence = String(body["detail"] ?? sentence);
  } catch {
    // The text itself is all there is to say.
  }
  return new Refusal(sentence, answer.status, Number(answer.headers.get("Retry-After") ?? 0));
}
