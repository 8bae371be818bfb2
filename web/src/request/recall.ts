/** Settings from the text inside a picture: ours and A1111's, ComfyUI's, InvokeAI's, Fooocus's. */

import type { Catalogue, Fields, Named } from "../api/types";

type Json = Record<string, unknown>;

/** The settings that a picture's texts name, in our words; null when none of them is known. */
export function recalled(texts: Record<string, string>, catalogue: Catalogue): Fields | null {
  const found = read(texts);
  if (!found) return null;
  const { sampler, schedule, model, ...rest } = found;
  const named = splitSampler(String(sampler ?? ""), catalogue);
  const fields = {
    ...rest,
    sampler: named.sampler,
    schedule: known(catalogue.schedules, schedule) ?? named.schedule,
    model: known(catalogue.models, model),
  };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""),
  );
}

function read(texts: Record<string, string>): Fields | null {
  const parameters = texts["parameters"] ?? "";
  const fooocus = parsed(parameters) ?? (texts["fooocus_scheme"] ? parsed(texts["Comment"]) : null);
  if (fooocus) return fromFooocus(fooocus);
  if (parameters) return fromParameters(parameters);
  const invoke = parsed(texts["invokeai_metadata"]);
  if (invoke) return fromInvoke(invoke);
  const graph = parsed(texts["prompt"]);
  return graph ? fromComfy(graph) : null;
}

const PAIRS: Record<string, string> = {
  Steps: "steps",
  Sampler: "sampler",
  "Schedule type": "schedule",
  "CFG scale": "guidance_scale",
  Seed: "seed",
  Model: "model",
  "Denoising strength": "strength",
  "Clip skip": "clip_skip",
  "Variation seed": "variation_seed",
  "Variation seed strength": "variation_strength",
  "CFG rescale": "guidance_rescale",
};
const WORDS = new Set(["sampler", "schedule", "model"]);

/** A1111's layout: prompt, "Negative prompt:", and a last line of pairs. */
export function fromParameters(text: string): Fields {
  const lines = text.trimEnd().split("\n");
  const pairs = pairsOf(lines[lines.length - 1]);
  if (Object.keys(pairs).length >= 3) lines.pop();
  const at = lines.findIndex((line) => line.trimStart().startsWith("Negative prompt:"));
  const head = at < 0 ? lines : lines.slice(0, at);
  const tail = at < 0 ? [] : [lines[at].trimStart().slice("Negative prompt:".length), ...lines.slice(at + 1)];
  const fields: Fields = { prompt: head.join("\n").trim(), negative: tail.join("\n").trim() };
  for (const [key, name] of Object.entries(PAIRS)) {
    if (key in pairs) fields[name] = WORDS.has(name) ? pairs[key] : number(pairs[key]);
  }
  const [, width, height] = /^(\d+)x(\d+)$/.exec(pairs["Size"] ?? "") ?? [];
  return width ? { ...fields, width: Number(width), height: Number(height) } : fields;
}

function pairsOf(line: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const [, key, quoted, plain] of line.matchAll(
    /\s*(\w[\w \-/]+):\s*(?:("(?:\\.|[^\\"])*")|([^,]*))(?:,|$)/g,
  )) {
    pairs[key] = quoted ? String(JSON.parse(quoted)) : plain.trim();
  }
  return pairs;
}

function fromFooocus(data: Json): Fields {
  const [, width, height] = /(\d+)\D+(\d+)/.exec(String(data["resolution"] ?? "")) ?? [];
  return {
    prompt: data["prompt"],
    negative: data["negative_prompt"],
    steps: number(data["steps"]),
    guidance_scale: number(data["guidance_scale"]),
    seed: number(data["seed"]),
    sampler: data["sampler"],
    schedule: data["scheduler"],
    model: data["base_model"],
    width: number(width),
    height: number(height),
  };
}

function fromInvoke(data: Json): Fields {
  const model = data["model"] as Json | undefined;
  const [, sampler, karras] = /^(.*?)(_k)?$/.exec(String(data["scheduler"] ?? "")) ?? [];
  return {
    prompt: data["positive_prompt"],
    negative: data["negative_prompt"],
    steps: number(data["steps"]),
    guidance_scale: number(data["cfg_scale"]),
    seed: number(data["seed"]),
    strength: number(data["strength"]),
    width: number(data["width"]),
    height: number(data["height"]),
    clip_skip: data["clip_skip"] ? Number(data["clip_skip"]) + 1 : undefined,
    sampler,
    schedule: karras ? "karras" : undefined,
    model: model?.["name"] ?? model?.["model_name"],
  };
}

/** ComfyUI stores its whole graph: start at a sampler and follow its wires. */
function fromComfy(graph: Json): Fields | null {
  const nodes = graph as Record<string, { class_type?: string; inputs?: Json } | undefined>;
  const wired = (link: unknown): Json => (Array.isArray(link) ? (nodes[String(link[0])]?.inputs ?? {}) : {});
  const sampler = Object.values(nodes).find((node) => /^KSampler/.test(node?.class_type ?? ""))?.inputs;
  if (!sampler) return null;
  const latent = wired(sampler["latent_image"]);
  const checkpoint = Object.values(nodes).find((node) => node?.inputs?.["ckpt_name"])?.inputs;
  return {
    prompt: textOf(wired(sampler["positive"])["text"], wired),
    negative: textOf(wired(sampler["negative"])["text"], wired),
    steps: number(sampler["steps"]),
    guidance_scale: number(sampler["cfg"]),
    seed: number(sampler["seed"] ?? sampler["noise_seed"]),
    strength: sampler["denoise"] === 1 ? undefined : number(sampler["denoise"]),
    width: number(latent["width"]),
    height: number(latent["height"]),
    sampler: sampler["sampler_name"],
    schedule: sampler["scheduler"],
    model: checkpoint?.["ckpt_name"],
  };
}

/** A text in its place, or one node up the wire. */
function textOf(value: unknown, wired: (link: unknown) => Json): unknown {
  if (typeof value === "string") return value;
  return Object.values(wired(value)).find((each) => typeof each === "string");
}

function splitSampler(
  name: string,
  { samplers, schedules }: Catalogue,
): { sampler?: string; schedule?: string } {
  const sampler = known(samplers, name);
  if (sampler) return { sampler };
  for (const schedule of schedules) {
    const ending = ` ${schedule.label}`.toLowerCase();
    const rest = name.toLowerCase().endsWith(ending)
      ? known(samplers, name.slice(0, -ending.length))
      : undefined;
    if (rest) return { sampler: rest, schedule: schedule.id };
  }
  return {};
}

/** The id of what somebody calls so: by id or label, in any case, without folder or ending. */
function known(entries: readonly Named[], name: unknown): string | undefined {
  const plain = folded(
    String(name ?? "")
      .replace(/^.*[\\/]/, "")
      .replace(/\.(safetensors|ckpt)$/, ""),
  );
  return entries.find(({ id, label }) => plain && [folded(id), folded(label)].includes(plain))?.id;
}

/** dpmpp_2m, "DPM++ 2M" and "dpm++ 2m" are one; so are euler_ancestral and "Euler a". */
function folded(name: string): string {
  return name
    .toLowerCase()
    .replace(/\+\+/g, "pp")
    .replace(/ancestral/g, "a")
    .replace(/[^a-z0-9]/g, "");
}

function number(value: unknown): number | undefined {
  const found = typeof value === "string" || typeof value === "number" ? Number(value) : NaN;
  return Number.isFinite(found) ? found : undefined;
}

function parsed(text: string | undefined): Json | null {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}
