/**
 * Each service killed in turn: what does not need it goes on, what needs it is answered with 503 at once, and all of it heals by
 * itself. And what the five tell at /metrics by then is what Prometheus takes.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, makeClip, until } from "@video-backend/testing";
import { type ServiceName, type System, serviceNames, startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

const world = createWorld();
let system: System;
let clip: string;
/** Of a video that is made. */
let made: string;

beforeAll(async () => {
  system = await startSystem({ SEGMENT_SECONDS: "1" });
  clip = await makeClip(world.path("clip.mp4"), { width: 320, height: 180, seconds: 2 });
  made = await uploadFile(system, clip);
  await until("the video is made", async () => (await json("metadata", `/videos/${made}`)).status === "completed", 120);
}, 180_000);
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const ask = (service: ServiceName, path: string, init?: RequestInit) => fetch(`${system.url[service]}${path}`, init);
const json = async (service: ServiceName, path: string) => (await ask(service, path)).json();

async function plays(): Promise<void> {
  for (const path of ["master.m3u8", "360p/playlist.m3u8", "360p/segment-00001.m4s"]) {
    expect([path, (await ask("streaming", `/stream/${made}/${path}`)).status]).toEqual([path, 200]);
  }
}

async function listsVideos(): Promise<void> {
  expect((await ask("metadata", "/videos")).status).toBe(200);
  expect((await json("metadata", `/videos/${made}`)).hash).toBe(made);
}

interface Case {
  killed: ServiceName;
  goesOn: (() => Promise<unknown>)[];
  /** Asked of admin, which needs the killed one for it. */
  needs?: [method: string, path: () => string];
  /** Whether a video whose upload was completed meanwhile has arrived. */
  arrived?: (videoId: string) => Promise<boolean>;
}

const cases: Case[] = [
  {
    killed: "metadata",
    goesOn: [plays],
    needs: ["GET", () => "/videos"],
    arrived: async (id) => (await ask("metadata", `/videos/${id}`)).status === 200,
  },
  {
    killed: "transcoding",
    goesOn: [plays, listsVideos],
    needs: ["POST", () => "/admin/resume_all"],
    arrived: async (id) => (await ask("transcoding", `/transcode/status/${id}`)).status === 200,
  },
  { killed: "streaming", goesOn: [listsVideos], needs: ["GET", () => `/stream/${made}/master.m3u8`] },
  { killed: "upload", goesOn: [plays, listsVideos], needs: ["GET", () => "/speedtest"] },
  { killed: "admin", goesOn: [plays, listsVideos] },
];

test.each(cases)(
  "without $killed the rest goes on, 503 comes at once, and it heals within 10 s",
  async (one) => {
    const { killed, goesOn, needs, arrived } = one;
    const needed = () => ask("admin", needs?.[1]() ?? "", { method: needs?.[0] ?? "GET" });
    if (needs) expect((await needed()).status).toBe(200);
    await system.kill(killed);
    for (const check of goesOn) await check();
    const uploaded = killed === "upload" ? null : await uploadFile(system, clip);
    if (needs) {
      const breaker = async () => (await json("admin", "/health/ready")).callees[killed];
      await until("the breaker is open", async () => {
        await needed();
        return (await breaker()) !== "closed";
      });
      const milliseconds: number[] = [];
      for (let times = 0; times < 9; times++) {
        const before = performance.now();
        const response = await needed();
        milliseconds.push(performance.now() - before);
        expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
      }
      expect(milliseconds.sort((a, b) => a - b)[4]).toBeLessThan(100);
    }
    for (const check of goesOn) await check();
    for (const name of serviceNames.filter((name) => name !== killed))
      expect([name, (await ask(name, "/health/ready")).status]).toEqual([name, 200]);

    await system.start(killed);
    const before = performance.now();
    if (needs) await until(`admin reaches ${killed}`, async () => (await needed()).status === 200, 10);
    if (uploaded && arrived) await until(`${killed} has the upload`, () => arrived(uploaded), 10);
    expect((performance.now() - before) / 1000).toBeLessThan(10);
  },
  60_000,
);

const promtool = Bun.which("promtool");
const why = promtool ? "" : " (promtool of Debian's package prometheus is missing)";

test.skipIf(!promtool).each(serviceNames)(`promtool finds nothing wrong with what %s tells${why}`, async (name) => {
  const text = await (await ask(name, "/metrics")).text();
  expect(text).toContain("http_server_request_duration_seconds_bucket");
  const child = Bun.spawn([promtool ?? "", "check", "metrics"], {
    stdin: new Blob([text]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect([output, errors, await child.exited]).toEqual(["", "", 0]);
  // Nothing that was asked for is in a label.
  expect(text).not.toContain(made);
});

const monitoring = join(import.meta.dirname, "..", "..", "docker", "monitoring");

test("alerts and dashboard ask for metrics that the services have", async () => {
  const texts = await Promise.all(serviceNames.map(async (name) => (await ask(name, "/metrics")).text()));
  const types = texts.flatMap((text) => [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)]);
  const known = new Set(
    types.flatMap(([, name = "", type]) =>
      type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name],
    ),
  );
  for (const file of ["alerts.yml", "grafana/video-backend.json"]) {
    const asked = [...(await readFile(join(monitoring, file), "utf8")).matchAll(/\b(video|http|process)_[a-z_]+\b/g)];
    const names = new Set(asked.map(([name]) => name).filter((name) => !name.startsWith("http_response_")));
    expect(names.size).toBeGreaterThan(5);
    expect([...names].filter((name) => !known.has(name))).toEqual([]);
  }
});

test.skipIf(!promtool)(`promtool takes the configuration, and each alert comes when it should${why}`, async () => {
  for (const words of [
    ["check", "config", "prometheus.yml"],
    ["test", "rules", "alerts.test.yml"],
  ]) {
    const child = Bun.spawn([promtool ?? "", ...words], { cwd: monitoring, stdout: "pipe", stderr: "pipe" });
    const output = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    expect([output.join(""), await child.exited]).toEqual([expect.stringContaining("SUCCESS"), 0]);
  }
});
