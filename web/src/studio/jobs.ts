/** The jobs that the page knows of, and the pictures they made. */

import * as api from "../api/client";
import type { Job, Picture } from "../api/types";
import { work } from "./state";

export function isOver({ state }: Job): boolean {
  return state === "done" || state === "failed" || state === "cancelled";
}

/** Take in what is new about a job, which may itself be new. */
export function update(id: string, news: Partial<Job>): void {
  const { jobs } = work.value;
  const known = jobs.find((job) => job.id === id);
  if (known) {
    work.set({
      jobs: jobs.map((job) => (job === known ? { ...job, ...news, since: news.since || job.since } : job)),
    });
  } else if (news.state && news.request) work.set({ jobs: [news as Job, ...jobs] });
}

export function shownJob(): Job | undefined {
  return work.value.jobs.find(({ id }) => id === work.value.shown);
}

/** Fetch the shown job's pictures that are not here yet. */
export async function needPictures(): Promise<void> {
  const missing = (shownJob()?.pictures ?? []).filter((id) => !(id in work.value.pictures));
  const found = await Promise.all(missing.map((id) => api.picture(id).catch(() => null)));
  learn(found.filter((picture) => picture !== null));
}

/** Remember these pictures as they are now. */
export function learn(pictures: readonly Picture[]): void {
  const entries = pictures.map((picture) => [picture.id, picture] as const);
  work.set({ pictures: { ...work.value.pictures, ...Object.fromEntries(entries) } });
}

/** Seconds until a job is done, guessed from the steps so far; null while there is no telling. */
export function secondsLeft({ step, steps, since }: Job, now: number): number | null {
  if (step < 2 || !since) return null;
  return ((now - since) / 1000 / (step - 1)) * (steps - step);
}
