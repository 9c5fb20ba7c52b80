import { describe, expect, test } from "bun:test";
import { type Encoder, knownEncoders, libx264, type Run, run } from "@video-backend/media";
import { createWorld } from "@video-backend/testing";
import { proveEncoders } from "./machine.ts";

const settings = { threads: 1, x264Preset: "ultrafast" };
const none: ReadonlySet<string> = new Set();
const named = (name: string): Encoder => ({ ...libx264, name, codec: () => ["-c:v", name] });
/** Proofs of encoders with these names fail, each with its reason. */
const breaking =
  (reasons: Record<string, string>): Run =>
  async (_, args) => {
    const reason = Object.entries(reasons).find(([name]) => args.includes(name))?.[1];
    return { exitCode: reason ? 1 : 0, signalName: null, timedOut: false, errors: reason ?? "" };
  };

describe("proving encoders", () => {
  test("takes the first that works and tells why another does not", async () => {
    const pool = await proveEncoders({
      encoders: [named("first"), named("second"), named("third")],
      choice: "auto",
      run: breaking({ first: "No device" }),
      settings,
      now: () => 0,
    });
    expect(pool.pick(none).name).toBe("second");
    expect(pool.states()).toEqual([
      { name: "first", state: "broken", reason: "No device" },
      { name: "second", state: "ready", reason: null },
      { name: "third", state: "ready", reason: null },
    ]);
  });

  test("uses one that has no constant quality with mean bit rates", async () => {
    const pool = await proveEncoders({
      encoders: [named("first"), libx264],
      choice: "auto",
      run: breaking({ "-crf": "No QVBR" }),
      settings,
      now: () => 0,
    });
    expect(pool.states()[0]).toEqual({ name: "first", state: "ready", reason: null });
    expect(pool.pick(none)).toMatchObject({ name: "first", constantQuality: null });
  });

  test("refuses to start with a chosen encoder that is broken", async () => {
    const options = {
      encoders: [named("first"), libx264],
      settings,
      now: () => 0,
      run: breaking({ first: "No device" }),
    };
    await expect(proveEncoders({ ...options, choice: "first" })).rejects.toThrow(
      "No encoder works (ENCODER=first):\n  first: No device",
    );
    expect((await proveEncoders({ ...options, choice: "libx264" })).states().map(({ name }) => name)).toEqual([
      "libx264",
    ]);
  });

  test("is done with the real ffmpeg: libx264 works, and whatever does not has a reason", async () => {
    const pool = await proveEncoders({
      encoders: knownEncoders("/dev/dri/renderD128"),
      choice: "auto",
      run,
      settings,
      now: () => 0,
    });
    const states = pool.states();
    expect(states.map(({ name }) => name)).toEqual(["h264_nvenc", "h264_qsv", "h264_vaapi", "libx264"]);
    expect(states.at(-1)).toEqual({ name: "libx264", state: "ready", reason: null });
    for (const { state, reason } of states)
      expect(state === "ready" ? reason === null : (reason ?? "").length > 5).toBe(true);
  });
});

describe("an encoder that fails", () => {
  test("repeatedly is out for a while, then tried again, and stays when that goes well", async () => {
    await using world = createWorld();
    const pool = await proveEncoders({
      encoders: [named("first"), libx264],
      choice: "auto",
      run: breaking({}),
      settings,
      now: world.clock.now,
      failuresUntilOut: 2,
      outSeconds: 60,
    });
    pool.recordFailure("first", "crashed");
    expect(pool.pick(none).name).toBe("first");
    pool.recordFailure("first", "crashed again");
    expect(pool.pick(none).name).toBe("libx264");
    expect(pool.states()[0]).toEqual({ name: "first", state: "out", reason: "crashed again" });
    world.clock.advance(61);
    expect(pool.pick(none).name).toBe("first");
    pool.recordFailure("first", "crashed when it was tried again");
    expect(pool.pick(none).name).toBe("libx264");
    world.clock.advance(61);
    pool.recordSuccess("first");
    pool.recordFailure("first", "crashed once more");
    expect(pool.pick(none).name).toBe("first");
  });

  test("and is the fallback is never out", async () => {
    const pool = await proveEncoders({
      encoders: [libx264],
      choice: "auto",
      run: breaking({}),
      settings,
      now: () => 0,
      failuresUntilOut: 1,
    });
    pool.recordFailure("libx264", "crashed");
    expect(pool.pick(new Set(["libx264"])).name).toBe("libx264");
  });
});

test("a fallback that fails on video after video is told by the check, until something is made", async () => {
  const pool = await proveEncoders({
    encoders: [named("only")],
    choice: "auto",
    run: breaking({}),
    settings,
    now: () => 0,
  });
  for (const video of ["a", "a", "a", "a", "a", "b", "c", "d"]) pool.recordFailure("only", "device lost", video);
  pool.check();
  pool.recordFailure("only", "device lost", "e");
  expect(() => pool.check()).toThrow("Nothing of the last 5 videos could be encoded by only: device lost");
  pool.recordSuccess("only");
  pool.check();
});
