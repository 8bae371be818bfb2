import { beforeEach, describe, expect, it } from "vitest";
import { jobOf, noticeOf, pictureOf } from "../../src/api/reading";
import { isOver, secondsLeft, shownJob, update } from "../../src/studio/jobs";
import { work } from "../../src/studio/state";

const json = {
  id: "a1",
  state: "running",
  request: { prompt: "x", batch: 4 },
  position: null,
  pictures: ["p"],
  notes: [],
  error: null,
  progress: { step: 5, steps: 20, stage: "", preview: null },
};

beforeEach(() => work.set({ jobs: [], shown: "" }));

describe("the server's JSON", () => {
  it("reads as a job, a picture, a notice", () => {
    expect(jobOf(json)).toMatchObject({ id: "a1", position: 0, step: 5, steps: 20, error: "", preview: "" });
    const picture = pictureOf({
      id: "p",
      number: 3,
      job: null,
      index: null,
      request: null,
      inputs: { init: "s" },
      parent: null,
      width: 8,
      height: 9,
      starred: true,
    });
    expect(picture).toMatchObject({
      id: "p",
      job: "",
      request: {},
      inputs: { init: "s" },
      url: "v1/gallery/p/file",
    });
    expect(noticeOf({ sequence: 4, job: "a1", what: "picture", picture: "p", progress: null })).toMatchObject(
      { sequence: 4, step: 0, picture: "p" },
    );
  });
});

describe("jobs", () => {
  it("are taken in, and changed in place", () => {
    update("a1", jobOf(json));
    update("b2", jobOf({ ...json, id: "b2" }));
    update("a1", { step: 6, since: 100 });
    update("a1", { state: "done" });
    work.set({ shown: "a1" });
    expect(work.value.jobs.map(({ id }) => id)).toEqual(["b2", "a1"]);
    expect(shownJob()).toMatchObject({ step: 6, since: 100, state: "done" });
    expect(work.value.jobs.map(isOver)).toEqual([false, true]);
  });

  it("are not made of news alone", () => {
    update("unknown", { step: 3 });
    expect(work.value.jobs).toEqual([]);
  });

  it("tell the time left once there is a pace", () => {
    const job = { ...jobOf(json), since: 1000 };
    expect(secondsLeft(job, 5000)).toBe(15);
    expect(secondsLeft({ ...job, step: 1 }, 5000)).toBeNull();
    expect(secondsLeft({ ...job, since: 0 }, 5000)).toBeNull();
  });
});
