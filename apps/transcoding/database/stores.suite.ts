/** What every adapter of this service's stores must do: jobs, ledger, attempts and subtitles. */
import { describe, expect, test } from "bun:test";
import type { Chunk } from "@video-backend/media";
import { examplePlan } from "@video-backend/media/testing";
import type { Stores } from "../deps.ts";
import type { NewAttempt, NewSegment } from "../ledger/ledger.ts";
import { jobStates, transitions } from "../states.ts";
import { playedTracks } from "../subtitles/subtitles.ts";
import type { SubtitleRow } from "./schema.ts";

type Rows = Pick<Stores, "jobs" | "ledger" | "attempts" | "subtitles">;
const job = (videoId: string) => ({ videoId, filename: "clip.mp4", networkSpeed: 10 });
const forever = new AbortController().signal;

/** @param open empty stores, closed when disposed; `now` is their clock in epoch seconds */
export function storesSuite(name: string, open: (now: () => number) => Promise<Rows & AsyncDisposable>): void {
  async function setup() {
    let seconds = 1000;
    const stores = await open(() => seconds);
    const advance = (by: number) => {
      seconds += by;
    };
    return { ...stores, advance, [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose]() };
  }

  describe(`${name}: jobs`, () => {
    test("a video has one job, the first, however many ask for one at the same time", async () => {
      await using place = await setup();
      const { jobs } = place;
      const asked = ["clip.mp4", "other.mp4", "third.mp4"].map((filename) => jobs.ensure({ ...job("a"), filename }));
      const all = await Promise.all(asked);
      expect(new Set(all.map(({ filename }) => filename)).size).toBe(1);
      expect(await jobs.find("a")).toMatchObject({ state: "queued", unreported: 1, createdAt: 1000, plan: null });
      expect([await jobs.find("b"), await jobs.ids()]).toEqual([null, ["a"]]);
    });

    test("moves as the table of states says, and a refused move names the state and what is accepted", async () => {
      await using place = await setup();
      const { jobs } = place;
      const reach: Record<(typeof jobStates)[number], (typeof jobStates)[number][]> = {
        queued: [],
        running: ["running"],
        ok: ["running", "ok"],
        error: ["error"],
        stopped: ["stopped"],
      };
      for (const from of jobStates)
        for (const to of jobStates) {
          await jobs.remove("a");
          await jobs.ensure(job("a"));
          for (const state of reach[from]) await jobs.move("a", state);
          const moved = jobs.move("a", to, { finishedAt: 7 });
          if (transitions[from].includes(to)) {
            expect(await moved).toMatchObject({ state: to, finishedAt: 7 });
            continue;
          }
          const details = { state: from, accepted: transitions[from] };
          await expect(moved).rejects.toMatchObject({ code: "conflict", details });
          expect((await jobs.find("a"))?.state).toBe(from);
        }
      await expect(jobs.move("b", "running")).rejects.toMatchObject({ code: "not_found" });
    });

    test("of two that move a job at the same time one is refused", async () => {
      await using place = await setup();
      await place.jobs.ensure(job("a"));
      await place.jobs.move("a", "running");
      const both = await Promise.allSettled([place.jobs.move("a", "ok"), place.jobs.move("a", "stopped")]);
      expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    });

    test("the first reason of a failure counts, and only while the job is active", async () => {
      await using place = await setup();
      const { jobs } = place;
      await jobs.ensure(job("a"));
      await jobs.recordFailure("a", "first", "source");
      await jobs.recordFailure("a", "second", "encoder");
      expect(await jobs.find("a")).toMatchObject({ state: "queued", error: "first", fault: "source" });
      await jobs.move("a", "stopped", { error: null, fault: null });
      await jobs.recordFailure("a", "third", "source");
      expect((await jobs.find("a"))?.error).toBeNull();
    });

    test("a plan is written once", async () => {
      await using place = await setup();
      await place.jobs.ensure(job("a"));
      const [first, second] = [examplePlan({ endSeconds: 10 }), examplePlan({ endSeconds: 20 })];
      expect(await place.jobs.keepPlan("a", first)).toEqual(first);
      expect(await place.jobs.keepPlan("a", second)).toEqual(first);
    });

    test("a track is taken out of a plan once, with its reason, and never the last of all", async () => {
      await using place = await setup();
      const { jobs } = place;
      const plan = examplePlan({ endSeconds: 10 });
      const [audio] = plan.renditions.slice(-1);
      for (const [videoId, renditions] of [
        ["a", plan.renditions],
        ["b", audio ? [audio] : []],
      ] as const) {
        await jobs.ensure(job(videoId));
        await jobs.keepPlan(videoId, { ...plan, renditions: [...renditions] });
      }
      const drop = (videoId: string) => jobs.dropTrack(videoId, "audio", "Encoding failed");
      expect([await drop("a"), await drop("a"), await drop("b")]).toEqual([true, true, false]);
      const [changed, last] = [await jobs.find("a"), await jobs.find("b")].map((row) => row?.plan);
      expect(changed).toEqual({
        ...plan,
        renditions: plan.renditions.slice(0, -1),
        dropped: ["audio"],
        warnings: ["The audio track audio (eng) is left out. Encoding failed"],
      });
      expect(last?.renditions).toHaveLength(1);
      await expect(drop("nobody")).rejects.toMatchObject({ code: "not_found" });
    });

    test("a title tells whether it is another one", async () => {
      await using place = await setup();
      await place.jobs.ensure(job("a"));
      const answers = [];
      for (const title of [null, "One", "One", null]) answers.push(await place.jobs.keepTitle("a", title));
      expect(answers).toEqual([false, true, false, true]);
      expect(await place.jobs.keepTitle("nobody", "One")).toBe(false);
    });

    test("steps are done once, and none is when the job is queued again", async () => {
      await using place = await setup();
      const { jobs } = place;
      await jobs.ensure(job("a"));
      await jobs.move("a", "running");
      for (const step of ["poster", "poster", "subtitles"] as const) await jobs.markStepDone("a", step);
      expect([...(await jobs.doneSteps("a"))].sort()).toEqual(["poster", "subtitles"]);
      await jobs.move("a", "queued");
      expect(await jobs.doneSteps("a")).toEqual(new Set());
    });

    test("every change is to be reported, also one that comes while another is", async () => {
      await using place = await setup();
      const { jobs } = place;
      const told = await jobs.ensure(job("a"));
      await jobs.markReported(told);
      expect(await jobs.unreported()).toEqual([]);
      const running = await jobs.move("a", "running");
      await jobs.markUnreported("a");
      await jobs.markReported(running);
      expect((await jobs.unreported()).map(({ videoId }) => videoId)).toEqual(["a"]);
    });

    test("a video plays for the first time once, and that is to be reported", async () => {
      await using place = await setup();
      const { jobs } = place;
      await jobs.markReported(await jobs.ensure(job("a")));
      expect([await jobs.notePlayable("a"), await jobs.notePlayable("a"), await jobs.notePlayable("b")]).toEqual([
        true,
        false,
        false,
      ]);
      expect(await jobs.find("a")).toMatchObject({ isPlayable: 1, unreported: 1 });
    });

    test("are counted and found by state; a wish to stop is kept only of a stopped one", async () => {
      await using place = await setup();
      const { jobs } = place;
      for (const id of ["a", "b", "c"]) await jobs.ensure(job(id));
      await jobs.move("b", "stopped");
      for (const id of ["a", "b"]) await jobs.keepStoppedByWish(id);
      expect(await jobs.counts()).toEqual(
        new Map([
          ["queued", 2],
          ["stopped", 1],
        ] as const),
      );
      expect((await jobs.inStates(["stopped"])).map((row) => [row.videoId, row.stoppedByWish])).toEqual([["b", 1]]);
      expect((await jobs.find("a"))?.stoppedByWish).toBe(0);
    });
  });

  describe(`${name}: the ledger`, () => {
    const segment = (index: number, rendition = "360p", videoId = "a"): NewSegment => ({
      ...{ videoId, rendition, index, bytes: 100 + index, startSeconds: index, durationSeconds: 1, samples: 25 },
      ...{ keyFrameBytes: 10, encoder: "libx264", init: "init-libx264.mp4", codec: "avc1.64001f" },
    });

    test("has what was entered, once; what is there stays as it is", async () => {
      await using place = await setup();
      const { jobs, ledger } = place;
      await jobs.ensure(job("a"));
      await ledger.enter([segment(1), segment(0), segment(0, "audio")]);
      place.advance(5);
      await ledger.enter([{ ...segment(1), bytes: 7 }, segment(2)]);
      const rows = await ledger.list("a");
      expect(rows.map((row) => [row.rendition, row.index, row.bytes, row.madeAt])).toEqual([
        ["360p", 0, 100, 1000],
        ["360p", 1, 101, 1000],
        ["360p", 2, 102, 1005],
        ["audio", 0, 100, 1000],
      ]);
      expect(await ledger.find("a", "360p", 1)).toMatchObject(segment(1));
      expect([await ledger.find("a", "audio", 1), await ledger.find("b", "360p", 0)]).toEqual([null, null]);
      const made = await ledger.made("a");
      expect([made("360p", 2), made("360p", 3), made("audio", 0), made("720p", 0)]).toEqual([true, false, true, false]);
    });

    test("of many who place one segment at the same time one puts its file and has its row, and the row comes after the file", async () => {
      await using place = await setup();
      const { jobs, ledger } = place;
      await jobs.ensure(job("a"));
      const put: number[] = [];
      const placeOne = (bytes: number) =>
        ledger.place({ ...segment(0), bytes }, async () => {
          await Promise.resolve();
          expect(await ledger.find("a", "360p", 0)).toBeNull();
          put.push(bytes);
        });
      const answers = await Promise.all([placeOne(1), placeOne(2), placeOne(3), placeOne(4)]);
      expect(answers.filter((isFirst) => isFirst)).toHaveLength(1);
      expect(put).toEqual([answers.indexOf(true) + 1]);
      expect((await ledger.find("a", "360p", 0))?.bytes).toBe(put[0]);
      expect([await placeOne(5), put.length]).toEqual([false, 1]);
    });

    test("whoever cannot put its file has entered nothing, and the next one has its turn", async () => {
      await using place = await setup();
      const { jobs, ledger } = place;
      await jobs.ensure(job("a"));
      const failing = ledger.place(segment(0), () => Promise.reject(new Error("No space left on device")));
      const next = ledger.place({ ...segment(0), bytes: 7 }, () => Promise.resolve());
      await expect(failing).rejects.toThrow("No space left");
      expect([await next, (await ledger.find("a", "360p", 0))?.bytes]).toEqual([true, 7]);
    });

    test("enters all or none", async () => {
      await using place = await setup();
      await place.jobs.ensure(job("a"));
      await expect(place.ledger.enter([segment(0), segment(0, "360p", "nobody")])).rejects.toThrow();
      expect(await place.ledger.list("a")).toEqual([]);
    });

    test("forgets what it is told to, of that rendition, however many", async () => {
      await using place = await setup();
      const { jobs, ledger } = place;
      await jobs.ensure(job("a"));
      const count = 12_000;
      const all = Array.from({ length: count }, (_, index) => index);
      await ledger.enter([...all.map((index) => segment(index)), segment(3, "audio")]);
      await ledger.forget("a", "360p", all.slice(1));
      expect((await ledger.list("a")).map((row) => [row.rendition, row.index])).toEqual([
        ["360p", 0],
        ["audio", 3],
      ]);
    }, 30_000);

    test("the segments of a video go on to be those of the ledger, from whichever moment on they are asked for", async () => {
      await using place = await setup();
      const { jobs, ledger } = place;
      for (const id of ["a", "b"]) await jobs.ensure(job(id));
      const count = 3000;
      await ledger.enter(Array.from({ length: count }, (_, index) => segment(index)));
      // More than are read at a time: what is entered meanwhile is in them, too, and once.
      const asked = ledger.segments("a");
      await ledger.enter([segment(count), segment(0, "720p"), segment(count, "720p"), segment(0, "360p", "b")]);
      const segments = await asked;
      expect([segments.count, segments.of("360p").count, segments.of("720p").count]).toEqual([count + 3, count + 1, 2]);
      await ledger.enter([{ ...segment(1, "720p"), bytes: 7 }, segment(0)]);
      await ledger.place({ ...segment(1, "720p"), bytes: 8 }, () => Promise.resolve());
      expect([segments.count, segments.of("720p").find(1)?.bytes]).toEqual([count + 4, 7]);
      expect(segments.of("720p").find(1)).toEqual(await ledger.find("a", "720p", 1));
      expect(await ledger.segments("a")).toBe(segments);
    });

    test("the segments of a video are others once a row is taken out, or the job is another", async () => {
      await using place = await setup();
      const { jobs, ledger } = place;
      await jobs.ensure(job("a"));
      await ledger.enter(Array.from({ length: 2000 }, (_, index) => segment(index)));
      const asked = ledger.segments("a");
      await ledger.forget("a", "360p", [0, 1999]);
      const segments = await asked;
      expect([segments.has("360p", 0), segments.has("360p", 1), segments.count]).toEqual([false, true, 1998]);
      await ledger.forget("a", "360p", [1]);
      const others = await ledger.segments("a");
      expect([others.has("360p", 1), others.count]).toEqual([false, 1997]);
      await jobs.remove("a");
      expect((await ledger.segments("a")).count).toBe(0);
      place.advance(1);
      await jobs.ensure(job("a"));
      await ledger.enter([segment(5)]);
      expect((await ledger.segments("a")).rows().map(({ index }) => index)).toEqual([5]);
    });

    test("goes with its job", async () => {
      await using place = await setup();
      await place.jobs.ensure(job("a"));
      await place.ledger.enter([segment(0)]);
      await place.jobs.remove("a");
      await place.jobs.ensure(job("a"));
      expect(await place.ledger.list("a")).toEqual([]);
    });
  });

  describe(`${name}: attempts`, () => {
    const chunk: Chunk = { kind: "video", renditions: ["720p", "360p"], first: 3, count: 2 };
    const attempt = (more: Partial<NewAttempt> = {}): NewAttempt => ({
      ...{ videoId: "a", chunk, demanded: true, encoder: "libx264", command: ["-i", "file:x"] },
      ...{ startedAt: 1, seconds: 2, exitCode: 0, errors: "", fault: null, ...more },
    });

    test("are listed newest first, with what was run", async () => {
      await using place = await setup();
      await place.jobs.ensure(job("a"));
      for (const startedAt of [1, 2, 3]) await place.attempts.record(attempt({ startedAt }), forever);
      const listed = await place.attempts.list("a", 2);
      expect(listed.map((row) => row.startedAt)).toEqual([3, 2]);
      const written = { kind: "video", renditions: "720p,360p", first: 3, count: 2, demanded: 1 };
      expect(listed[0]).toMatchObject({ ...written, command: '["-i","file:x"]', exitCode: 0 });
    });

    test("tell which chunks failed, on which encoders, and what was complained of though it went well", async () => {
      await using place = await setup();
      const { jobs, attempts } = place;
      for (const id of ["a", "b"]) await jobs.ensure(job(id));
      const aac = { kind: "audio" as const, renditions: ["audio"], first: 0, count: 1 };
      await attempts.record(attempt({ errors: "a frame is damaged" }), forever);
      await attempts.record(attempt({ fault: "stopped" }), forever);
      await attempts.record(attempt({ encoder: "h264_nvenc", fault: "encoder", errors: "no device" }), forever);
      await attempts.record(attempt({ encoder: "aac", chunk: aac, fault: "encoder" }), forever);
      await attempts.record(attempt({ videoId: "b", fault: "disk" }), forever);
      expect(await attempts.failed("a")).toEqual([
        { renditions: ["720p", "360p"], first: 3, count: 2 },
        { renditions: ["audio"], first: 0, count: 1 },
      ]);
      expect(await attempts.failedEncoders("a")).toEqual(new Set(["h264_nvenc"]));
      expect(await attempts.failedEncoders("b")).toEqual(new Set());
      expect([await attempts.complaint("a"), await attempts.complaint("b")]).toEqual(["a frame is damaged", null]);
      const recent = await attempts.recentFaults(2);
      expect(recent.map(({ videoId, fault, filename }) => [videoId, fault, filename])).toEqual([
        ["b", "disk", "clip.mp4"],
        ["a", "encoder", "clip.mp4"],
      ]);
    });

    test("of a video that is gone are not written", async () => {
      await using place = await setup();
      await place.attempts.record(attempt({ videoId: "nobody" }), forever);
      expect(await place.attempts.list("nobody", 10)).toEqual([]);
    });
  });

  describe(`${name}: subtitles`, () => {
    const track = (folder: string, more: Partial<SubtitleRow> = {}): SubtitleRow => ({
      ...{ videoId: "a", folder, source: "embedded" as const, codec: "subrip", language: null, title: null },
      ...{ isDefault: 0, isForced: 0, updatedAt: null, reason: null, charsets: null, ...more },
    });

    test("are listed sidecars first, then the source's own in the order of the file", async () => {
      await using place = await setup();
      await place.jobs.ensure(job("a"));
      const sidecar = { source: "sidecar" as const };
      for (const row of [track("10-en"), track("2-de", { isDefault: 1 }), track("fr", sidecar), track("en", sidecar)])
        await place.subtitles.enter(row);
      expect((await place.subtitles.list("a")).map(({ folder }) => folder)).toEqual(["en", "fr", "2-de", "10-en"]);
      const played = await playedTracks(place, "a");
      expect(played.map(({ folder, isDefault }) => [folder, isDefault])).toEqual([
        ["en", false],
        ["fr", false],
        ["2-de", true],
        ["10-en", false],
      ]);
    });

    test("one replaces that of its folder, and is not played with a reason; sidecars are found of one video or of all", async () => {
      await using place = await setup();
      for (const id of ["a", "b"]) await place.jobs.ensure(job(id));
      await place.subtitles.enter(track("en", { source: "sidecar", updatedAt: 1 }));
      await place.subtitles.enter(track("en", { source: "sidecar", updatedAt: 2, reason: "It is empty" }));
      await place.subtitles.enter(track("de", { videoId: "b", source: "sidecar" }));
      expect(await playedTracks(place, "a")).toEqual([]);
      expect((await place.subtitles.sidecars("a")).map(({ updatedAt }) => updatedAt)).toEqual([2]);
      expect((await place.subtitles.sidecars()).map(({ videoId }) => videoId).sort()).toEqual(["a", "b"]);
      await place.subtitles.remove("b", "de");
      expect(await place.subtitles.sidecars("b")).toEqual([]);
    });
  });
}
