/** The gallery: every picture that was painted, by words and stars. */

import * as api from "../api/client";
import type { Picture } from "../api/types";
import { say } from "../i18n";
import { learn } from "./jobs";
import { gallery, work } from "./state";
import { attempt, tell } from "./toasts";

const PAGE = 40;

/** Show the newest pictures that match. */
export async function refresh(): Promise<void> {
  await load(0);
}

/** Show older ones as well. */
export async function more(): Promise<void> {
  const last = gallery.value.pictures.at(-1);
  if (last && gallery.value.more && !gallery.value.loading) await load(last.number);
}

let asked: ReturnType<typeof setTimeout> | undefined;

/** Look for other pictures; waits until the typing pauses. */
export function search(change: { query?: string; starred?: boolean }): void {
  gallery.set(change);
  clearTimeout(asked);
  asked = setTimeout(() => void refresh(), change.query === undefined ? 0 : 250);
}

async function load(before: number): Promise<void> {
  const { query, starred } = gallery.value;
  gallery.set({ loading: true, error: "" });
  try {
    const found = await api.gallery({ query, starred, before }, PAGE);
    if (query !== gallery.value.query || starred !== gallery.value.starred) return;
    const pictures = before ? [...gallery.value.pictures, ...found] : found;
    gallery.set({ pictures, more: found.length === PAGE });
  } catch (error) {
    gallery.set({ error: error instanceof Error ? error.message : String(error) });
  } finally {
    gallery.set({ loading: false });
  }
}

/** Give a picture a star, or take it. The page shows it before the server has answered. */
export function toggleStar(picture: Picture): Promise<void> {
  const starred = !picture.starred;
  replace({ ...picture, starred });
  return attempt(async () => {
    try {
      replace(await api.star(picture.id, starred));
    } catch (error) {
      replace(picture);
      throw error;
    }
  });
}

/** Delete a picture; for ten seconds it can be had back. */
export function remove(picture: Picture): Promise<void> {
  return attempt(async () => {
    await api.remove(picture.id);
    const { pictures } = gallery.value;
    gallery.set({ pictures: pictures.filter(({ id }) => id !== picture.id) });
    const { [picture.id]: _, ...others } = work.value.pictures;
    const jobs = work.value.jobs.map((job) => ({
      ...job,
      pictures: job.pictures.filter((id) => id !== picture.id),
    }));
    work.set({ pictures: others, jobs });
    const undo = (): void => void attempt(() => bringBack(picture));
    tell(say("picture.deleted"), "plain", { text: say("undo.action"), do: undo });
  });
}

async function bringBack(picture: Picture): Promise<void> {
  await api.restore(picture.id);
  learn([picture]);
  const jobs = work.value.jobs.map((job) =>
    job.id === picture.job ? { ...job, pictures: job.pictures.toSpliced(picture.index, 0, picture.id) } : job,
  );
  work.set({ jobs });
  await refresh();
}

function replace(picture: Picture): void {
  learn([picture]);
  gallery.set({ pictures: gallery.value.pictures.map((each) => (each.id === picture.id ? picture : each)) });
}
