/** The server's JSON read into the page's types. */

import type { Fields, Job, JobState, Notice, Picture } from "./types";

export type Json = Record<string, unknown>;

export function jobOf(json: Json): Job {
  const progress = (json["progress"] ?? {}) as Json;
  return {
    id: text(json["id"]),
    kind: text(json["kind"]),
    state: json["state"] as JobState,
    request: (json["request"] ?? {}) as Fields,
    position: Number(json["position"] ?? 0),
    step: Number(progress["step"] ?? 0),
    steps: Number(progress["steps"] ?? 0),
    preview: text(progress["preview"]),
    since: 0,
    error: text(json["error"]),
    notes: (json["notes"] ?? []) as string[],
    pictures: (json["pictures"] ?? []) as string[],
  };
}

export function pictureOf(json: Json): Picture {
  const id = text(json["id"]);
  return {
    id,
    number: Number(json["number"] ?? 0),
    job: text(json["job"]),
    index: Number(json["index"] ?? 0),
    request: (json["request"] ?? {}) as Fields,
    width: Number(json["width"]),
    height: Number(json["height"]),
    starred: Boolean(json["starred"]),
    url: fileOf(id),
    thumbnail: thumbnailOf(id),
    parent: text(json["parent"]),
    inputs: (json["inputs"] ?? {}) as Record<string, string>,
  };
}

export function noticeOf(json: Json): Notice {
  const progress = (json["progress"] ?? {}) as Json;
  return {
    sequence: Number(json["sequence"] ?? 0),
    job: text(json["job"]),
    what: json["what"] as Notice["what"],
    picture: text(json["picture"]),
    step: Number(progress["step"] ?? 0),
    steps: Number(progress["steps"] ?? 0),
    preview: text(progress["preview"]),
  };
}

export function fileOf(id: string): string {
  return `v1/gallery/${id}/file`;
}

export function thumbnailOf(id: string): string {
  return `v1/gallery/${id}/thumbnail`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
