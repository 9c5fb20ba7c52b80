import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createWorld, until } from "@video-backend/testing";
import { createRun, run } from "./spawn.ts";

/** Resolves when this process has ended; one that nobody has reaped yet counts as ended. */
const untilEnded = (pid: number) =>
  until(`process ${pid} has ended`, () => {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return true;
    }
  });

const shell = (script: string): [string, string[]] => ["sh", ["-c", script]];

describe("a run", () => {
  test("hands over lines, of a longer one its beginning, and never holds more", async () => {
    const lines: string[] = [];
    const script = "echo one; head -c 30000000 /dev/zero | tr '\\0' x; echo; printf last";
    await run(...shell(script), { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(["one", "x".repeat(4096), "last"]);
  });

  test("ends with a callback that throws", async () => {
    let pid = 0;
    const onLine = (line: string) => {
      pid = Number(line);
      throw new Error("the callback's own");
    };
    const [command, args] = shell("echo $$; exec sleep 600");
    expect(run(command, args, { onLine })).rejects.toThrow("the callback's own");
    await until("it has spoken", () => pid > 0);
    await untilEnded(pid);
  });

  test("ends when it is stopped, with its children, niced or not", async () => {
    for (const niceness of [0, 10]) {
      const stop = new AbortController();
      const pids: number[] = [];
      const onLine = (line: string) => {
        if (pids.push(Number(line)) === 2) stop.abort();
      };
      const [command, args] = shell("echo $$; sleep 600 & echo $!; wait");
      const result = await run(command, args, { onLine, niceness, signal: stop.signal });
      expect(result).toMatchObject({ exitCode: null, signalName: "SIGKILL" });
      for (const pid of pids) await untilEnded(pid);
    }
  });

  test.skipIf(!existsSync("/proc/self/autogroup"))("gives way to other runs, each of which is a group", async () => {
    const script = "until grep -q 'nice 10$' /proc/$$/autogroup; do sleep 0.01; done; nice";
    const [command, args] = shell(script);
    const runs = Array.from({ length: 3 }, async () => {
      const lines: string[] = [];
      await run(command, args, { niceness: 10, timeoutSeconds: 30, onLine: (line) => lines.push(line) });
      return lines;
    });
    expect(await Promise.all(runs)).toEqual([["10"], ["10"], ["10"]]);
  });

  test("does not wait for whoever has left its process group and holds its output", async () => {
    const stop = new AbortController();
    let pid = 0;
    const onLine = (line: string) => {
      pid = Number(line);
      stop.abort();
    };
    const [command, args] = shell("setsid sleep 600 & echo $!; wait");
    await run(command, args, { onLine, signal: stop.signal });
    process.kill(pid, "SIGKILL");
  });
});

describe("a run without progress is ended:", () => {
  const watched = createRun({ stallSeconds: 0.5 });
  const loop = (line: string) => `while :; do ${line}; echo progress=continue; sleep 0.02; done`;
  const stalled = {
    "nothing said": "exec sleep 600",
    "a processor kept busy": "while :; do :; done",
    "the same frame again and again": loop("echo frame=7; echo fps=$((i=i+1)); echo speed=0.$i"),
    "the same bytes and the same time": loop(
      "echo total_size=48; echo out_time_us=40000; echo stream_0_0_q=$((i=i+1))",
    ),
  };
  test.each(Object.entries(stalled))("%s", async (_, script) => {
    const result = await watched(...shell(script));
    expect(result).toMatchObject({ exitCode: null, signalName: "SIGKILL", timedOut: false, stalledSeconds: 0.5 });
  });

  test("but not one that shows frames, bytes or time, or only reads on", async () => {
    await using world = createWorld();
    await Bun.write(world.path("lines"), "line\n".repeat(15));
    const patient = createRun({ stallSeconds: 1 });
    const count = (line: string) => `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do echo ${line}; sleep 0.1; done`;
    const moving = [
      count("frame=$i"),
      count("total_size=$i"),
      count("out_time_us=$i"),
      count("0.$i,0.04"),
      `while read line; do sleep 0.1; done < ${world.path("lines")}`,
    ];
    const results = await Promise.all(moving.map((script) => patient(...shell(script))));
    for (const result of results)
      expect(result).toEqual({ exitCode: 0, signalName: null, timedOut: false, errors: "" });
  });
});
