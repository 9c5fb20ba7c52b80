import { describe, expect, test } from "bun:test";
import { readdir, stat } from "node:fs/promises";
import { type Encoder, libx264, type Run, run } from "@video-backend/media";
import { setup } from "../test-setup.ts";
import { createTestTranscoding, placeOriginal } from "../testing.ts";
import { brightnessOf, sizeOf } from "./test-setup.ts";

type App = Awaited<ReturnType<typeof setup>>;
const isSheet = (args: string[]) => args.at(-1)?.endsWith("sheet.jpg");
/** Grows brighter by `step` a second, from black; little of it is lost in encoding. */
const brightening = (step: number) => ["-vf", `geq=lum='16+${step}*T':cb=128:cr=128`, "-qp", "0"];

const folderOf = (app: App) => app.world.path("hls", "a", "storyboard");

interface Cue {
  begin: number;
  end: number;
  sheet: string;
  xywh: string;
}

async function cuesOf(app: App): Promise<Cue[]> {
  const text = await Bun.file(`${folderOf(app)}/storyboard.vtt`).text();
  const [first, ...cues] = text.trim().split("\n\n");
  expect(first).toBe("WEBVTT");
  const seconds = (stamp: string) => stamp.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
  return cues.map((cue) => {
    const [, begin, end, sheet, xywh] = /^(\S+) --> (\S+)\n(\S+)#xywh=(\S+)$/.exec(cue) ?? [];
    if (!begin || !end || !sheet || !xywh) throw new Error(`No cue: ${cue}`);
    return { begin: seconds(begin), end: seconds(end), sheet, xywh };
  });
}

/** From 0 on without a hole, to the end that comes back. */
function endWithoutHoles(cues: Cue[]): number {
  let end = 0;
  for (const cue of cues) {
    expect(cue.begin).toBe(end);
    expect(cue.end).toBeGreaterThan(cue.begin);
    end = cue.end;
  }
  return end;
}

/** Of each cue's tile, as luma of a video: 16 is black. */
const brightness = (app: App, cues: Cue[]) =>
  Promise.all(
    cues.map(async ({ sheet, xywh }) =>
      Math.round(16 + ((await brightnessOf(`${folderOf(app)}/${sheet}`, xywh)) * 219) / 255),
    ),
  );

describe("a storyboard", () => {
  test("shows in each tile what is on screen in the middle of its cue, and ends where the video ends", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 6.4, audio: false, extra: brightening(30) });
    await app.start("a");
    expect((await app.overall("a", "ok")).storyboard).toBe("storyboard/storyboard.vtt");
    const cues = await cuesOf(app);
    expect(endWithoutHoles(cues)).toBeCloseTo(6.4, 2);
    expect(await sizeOf(`${folderOf(app)}/sheet-000.jpg`)).toBe("800x180");
    const seen = await brightness(app, cues);
    expect(seen).toHaveLength(6);
    for (const [number, luma] of seen.entries()) expect(Math.abs(luma - (16 + 30 * (number + 0.5)))).toBeLessThan(5);
  });

  test("ends with the audio where that is longer", async () => {
    await using app = await setup();
    const file = app.world.path("originals", "a", "clip.mp4");
    await placeOriginal(app.world, app.metadata, "a", { seconds: 2 });
    const longer = ["-f", "lavfi", "-i", "sine=duration=5", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=5:d=2"];
    await run("ffmpeg", ["-v", "error", "-y", ...longer, "-c:a", "aac", file], { timeoutSeconds: 10 });
    await app.start("a");
    await app.overall("a", "ok");
    const cues = await cuesOf(app);
    expect(endWithoutHoles(cues)).toBeCloseTo(5, 0);
    for (const luma of await brightness(app, cues)) expect(luma).toBeGreaterThan(50);
  });

  test("of a single frame is that frame", async () => {
    await using app = await setup();
    await placeOriginal(app.world, app.metadata, "a", { seconds: 0.04, audio: false });
    await app.start("a");
    await app.overall("a", "ok");
    expect(endWithoutHoles(await cuesOf(app))).toBeCloseTo(0.04, 2);
    expect(await sizeOf(`${folderOf(app)}/sheet-000.jpg`)).toBe("160x90");
  });

  test("of frames that come far apart shows each for as long as it stands", async () => {
    await using app = await setup();
    const frames = "select='eq(n,0)+eq(n,2)+gte(n,18)',";
    const extra = [...brightening(20).map((one) => one.replace("geq", `${frames}geq`)), "-fps_mode", "vfr"];
    await placeOriginal(app.world, app.metadata, "a", { seconds: 8, rate: "3", audio: false, extra });
    await app.start("a");
    await app.overall("a", "ok");
    const seen = await brightness(app, await cuesOf(app));
    // Frames at 0 s and 2/3 s, and from 6 s on.
    const second = Math.round(16 + 20 * (2 / 3));
    expect(seen.length).toBeGreaterThanOrEqual(6);
    for (const luma of seen.slice(1, 5)) expect(Math.abs(luma - second)).toBeLessThan(4);
  });

  test("goes over a change of encoder", async () => {
    const posing: Encoder = {
      ...libx264,
      name: "posing",
      codec: (rung, it) => [...libx264.codec(rung, it), "-bf", "0"],
    };
    let chunks = 0;
    const failing: Run = async (command, args, options) =>
      args.includes("-bf") && ++chunks > 2
        ? { exitCode: 1, signalName: null, timedOut: false, errors: "device lost" }
        : run(command, args, options);
    await using app = await setup({ encoders: [posing, libx264], run: failing });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 12, audio: false, extra: brightening(15) });
    await app.start("a");
    await app.overall("a", "ok");
    expect(new Set((await app.deps.ledger.list("a")).map((segment) => segment.init)).size).toBe(2);
    const seen = await brightness(app, await cuesOf(app));
    expect(seen).toHaveLength(12);
    for (const [number, luma] of seen.entries()) expect(Math.abs(luma - (16 + 15 * (number + 0.5)))).toBeLessThan(5);
  });

  test("that cannot be made costs the video nothing", async () => {
    const failing: Run = async (command, args, options) =>
      isSheet(args)
        ? { exitCode: 1, signalName: null, timedOut: false, errors: "no tiles today" }
        : run(command, args, options);
    await using app = await setup({ run: failing });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1, audio: false });
    await app.start("a");
    expect(await app.overall("a", "ok")).toMatchObject({ poster: "poster.jpg", storyboard: null, progress: 100 });
    expect((await app.send("GET /transcode/a/attempts")).body.attempts[0]).toMatchObject({
      renditions: ["storyboard"],
      errors: "no tiles today",
    });
  });
});

describe("ended between two sheets", () => {
  /** 27 tiles, and a world that stops at the second sheet. */
  async function untilSecondSheet(end: (app: App) => Promise<unknown>) {
    let sheets = 0;
    const second = Promise.withResolvers<void>();
    const stopping: Run = (command, args, options) => {
      if (!isSheet(args) || ++sheets !== 2) return run(command, args, options);
      second.resolve();
      // As long as it takes to be killed.
      return run("sleep", ["30"], options);
    };
    const app = await setup({ run: stopping, segmentSeconds: 4 });
    await placeOriginal(app.world, app.metadata, "a", { seconds: 54, width: 64, height: 36, rate: "5", audio: false });
    await app.start("a");
    await second.promise;
    expect((await app.statusOf("a")).overall).toBe("running");
    await end(app);
    expect(await readdir(folderOf(app))).toEqual(["sheet-000.jpg"]);
    return { app, first: await stat(`${folderOf(app)}/sheet-000.jpg`) };
  }

  test("by a stop, it is stopped, and resuming makes the second one alone", async () => {
    const { app, first } = await untilSecondSheet((it) => it.send("POST /transcode/a/stop"));
    await using _ = app;
    expect(await app.statusOf("a")).toMatchObject({ overall: "stopped", storyboard: null });
    expect((await app.send("POST /transcode/resume")).body.resumed_count).toBe(1);
    expect((await app.overall("a", "ok")).storyboard).toBe("storyboard/storyboard.vtt");
    expect((await stat(`${folderOf(app)}/sheet-000.jpg`)).ino).toBe(first.ino);
    expect((await readdir(folderOf(app))).sort()).toEqual(["sheet-000.jpg", "sheet-001.jpg", "storyboard.vtt"]);
    expect((await cuesOf(app)).map((cue) => cue.sheet).slice(24)).toEqual([
      "sheet-000.jpg",
      "sheet-001.jpg",
      "sheet-001.jpg",
    ]);
  });

  test("by the end of the service, the next one makes the rest", async () => {
    const { app, first } = await untilSecondSheet((it) => it.close());
    await using _ = app;
    const again = await createTestTranscoding(app.world, { metadata: app.metadata, segmentSeconds: 4 });
    await again.idle();
    expect((await again.deps.jobs.find("a"))?.state).toBe("ok");
    expect((await stat(`${folderOf(app)}/sheet-000.jpg`)).ino).toBe(first.ino);
    expect(await readdir(folderOf(app))).toContain("storyboard.vtt");
    expect(await readdir(app.world.path("transcoding"))).toEqual([]);
  });

  test("by a deletion, nothing is left", async () => {
    let sheets = 0;
    const app = await setup({
      run: (command, args, options) =>
        isSheet(args) && ++sheets ? run("sleep", ["30"], options) : run(command, args, options),
    });
    await using _ = app;
    await placeOriginal(app.world, app.metadata, "a", { seconds: 1, audio: false });
    await app.start("a");
    while (sheets === 0) await new Promise((resolve) => setImmediate(resolve));
    await app.send("DELETE /transcode/a");
    expect(await readdir(app.world.path("hls"))).toEqual([]);
    expect(await readdir(app.world.path("transcoding"))).toEqual([]);
  });
});
