import { describe, expect, test } from "bun:test";
import type { Chunk, Has } from "@video-backend/media";
import { examplePlan } from "@video-backend/media/testing";
import { jobStates, type Step, stepNames } from "../states.ts";
import { backgroundTask, demandTask, encodeTasks, type TranscodingTask } from "../tasks/task.ts";
import { planWork, type VideoState } from "./plan-work.ts";

const plan = examplePlan({ endSeconds: 200 });
const maxInQueue = 4;
const running: VideoState = {
  videoId: "a",
  job: { state: "running", error: null },
  plan,
  made: () => false,
  tasks: [],
  doneSteps: new Set(),
};
const everything: Has = () => true;
const opening: Has = (rendition, index) => index < (rendition === "audio" ? 2 : rendition === "360p" ? 1 : 0);

function added(state: Partial<VideoState>): TranscodingTask[] {
  const work = planWork({ ...running, ...state }, maxInQueue);
  if (work.kind !== "add") throw new Error(`It is ${work.kind}`);
  return work.tasks;
}
const ids = (state: Partial<VideoState>) => added(state).map(({ id }) => id);

describe("the work on a video", () => {
  test("is nothing where there is no job or it has ended, and what is left in the queue is cancelled", () => {
    const ended = jobStates.filter((state) => state !== "queued" && state !== "running");
    for (const job of [null, ...ended.map((state) => ({ state, error: null }))]) {
      expect(added({ job })).toEqual([]);
      expect(planWork({ ...running, job, tasks: added({}) }, maxInQueue)).toEqual({ kind: "cancel" });
    }
  });

  test("begins with its source, whether there is a plan or not", () => {
    for (const known of [null, plan])
      expect(ids({ job: { state: "queued", error: null }, plan: known })).toEqual(["a/prepare"]);
  });

  test("then is what every player asks for first, alone and ahead of others", () => {
    const tasks = added({});
    expect(tasks.map(({ id, lane }) => `${lane} ${id}`)).toEqual([
      "now a/open/video/360p/0-0",
      "now a/open/audio/audio/0-1",
    ]);
    const made: Has = (rendition) => rendition === "360p";
    expect(ids({ made })).toEqual(["a/open/audio/audio/0-1"]);
    expect(added({ tasks })).toEqual([]);
  });

  test("then is the rest in the order in which it plays, as much at a time as there is room for in the queue", () => {
    const tasks = added({ made: opening });
    expect(tasks.map(({ id, lane, priority }) => `${lane} ${priority} ${id}`)).toEqual([
      "images 1 a/poster",
      "subtitles 0 a/subtitles",
      "encode 0 a/encode/video/1080p+720p+480p/0-0",
      "encode -1 a/encode/video/1080p+720p+480p+360p/1-2",
      "encode -2 a/encode/video/1080p+720p+480p+360p/3-6",
      "encode -3 a/encode/audio/audio/2-9",
    ]);
    expect(encodeTasks(added({ made: opening, tasks }))).toEqual([]);
    // One has settled without being made: it is added again, behind those that wait.
    const left = tasks.filter(({ id }) => !id.endsWith("/1-2"));
    expect(encodeTasks(added({ made: opening, tasks: left })).map(({ id, priority }) => `${priority} ${id}`)).toEqual([
      "-3 a/encode/video/1080p+720p+480p+360p/1-2",
    ]);
  });

  test("does not hold what a demand makes already", () => {
    const chunk: Chunk = { kind: "video", renditions: ["720p"], first: 1, count: 1 };
    expect(ids({ made: opening, tasks: [demandTask("a", chunk)] }).slice(2, 5)).toEqual([
      "a/encode/video/1080p+720p+480p/0-0",
      "a/encode/video/1080p+480p+360p/1-1",
      "a/encode/video/1080p+720p+480p+360p/2-2",
    ]);
  });

  test("waits for what is in the queue, for poster and subtitles, then makes the storyboard, then is finished", () => {
    expect(ids({ made: everything })).toEqual(["a/poster", "a/subtitles"]);
    const doneSteps = new Set<Step>(["poster", "subtitles"]);
    expect(ids({ made: everything, doneSteps })).toEqual(["a/storyboard"]);
    expect(planWork({ ...running, made: everything, doneSteps: new Set(stepNames) }, maxInQueue)).toEqual({
      kind: "finish",
    });
  });

  test("ends when something of it cannot be made, whatever else is in the queue", () => {
    const job = { state: "running", error: "no frame" } as const;
    const chunk: Chunk = { kind: "video", renditions: ["720p"], first: 1, count: 1 };
    for (const tasks of [[], [backgroundTask("a", chunk, 0)]])
      expect(planWork({ ...running, job, tasks }, maxInQueue)).toEqual({ kind: "fail" });
  });
});

test("a video of two hours comes to its end by adding what is planned and making it, a few at a time", () => {
  const long = examplePlan({ endSeconds: 7200 });
  const made = new Set<string>();
  const state: VideoState = { ...running, plan: long, made: (name, index) => made.has(`${name} ${index}`) };
  let rounds = 0;
  let most = 0;
  for (;;) {
    const work = planWork({ ...state, doneSteps: new Set(stepNames) }, maxInQueue);
    if (work.kind !== "add") break;
    expect(work.tasks.length).toBeGreaterThan(0);
    most = Math.max(most, work.tasks.length);
    rounds++;
    for (const { chunk } of encodeTasks(work.tasks))
      for (const name of chunk.renditions)
        for (let index = chunk.first; index < chunk.first + chunk.count; index++) {
          expect(made.has(`${name} ${index}`)).toBe(false);
          made.add(`${name} ${index}`);
        }
  }
  expect(made.size).toBe(long.renditions.reduce((sum, { segmentCount }) => sum + segmentCount, 0));
  expect(most).toBeLessThanOrEqual(maxInQueue + long.renditions.length);
  expect(rounds).toBeGreaterThan(50);
});
