/** Several processes behind one port, as real processes: what is promised is how they come, go and come back. */
import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const count = 2;

/** Answers with the id of the process that answers, which counts that; below /metrics with the counts. */
const main = (port: number) => `
import { createLog, createMetrics } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
import { serve } from ${JSON.stringify(join(import.meta.dirname, "serve.ts"))};
import { joinSharedPort, sharePort } from ${JSON.stringify(join(import.meta.dirname, "share-port.ts"))};

const log = createLog("test", "silent");
if (!process.env.SHARES) await sharePort({ count: ${count}, environment: { ...process.env, SHARES: "1" }, log });
const metrics = createMetrics(joinSharedPort);
const answers = metrics.counter({ name: "t_answers_total", help: "Answers" });
metrics.read({ name: "t_processes", help: "Processes", type: "gauge" }, () => [{ value: 1 }]);
const service = {
  async fetch(request) {
    if (request.url.endsWith("/metrics")) return new Response(await metrics.text());
    answers.inc();
    return new Response(String(process.pid));
  },
};
export default serve(service, { port: ${port}, hostname: "127.0.0.1", log, sharedPort: true });
`;

test("all answer, one that dies is replaced while the others answer, and all end with the one that started them", async () => {
  const directory = await mkdtemp(join(tmpdir(), "share-port-"));
  const port = await freePort();
  await writeFile(join(directory, "main.ts"), main(port));
  const parent = Bun.spawn([process.execPath, "--no-orphans", join(directory, "main.ts")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  try {
    const first = await answering(port, (ids) => ids.size === count);
    expect(first.has(parent.pid)).toBe(false);
    const [victim = 0, survivor = 0] = first;
    process.kill(victim, "SIGKILL");
    const second = await answering(port, (ids) => ids.size === count && !ids.has(victim));
    expect(second.has(survivor)).toBe(true);
    parent.kill("SIGTERM");
    expect(await parent.exited).toBe(0);
    for (const id of second) expect(() => process.kill(id, 0)).toThrow();
  } finally {
    parent.kill("SIGKILL");
    await parent.exited;
    await rm(directory, { recursive: true, force: true });
  }
}, 30_000);

test("whichever is asked tells what all have counted, also those that have died since", async () => {
  const directory = await mkdtemp(join(tmpdir(), "share-port-"));
  const port = await freePort();
  await writeFile(join(directory, "main.ts"), main(port));
  const parent = Bun.spawn([process.execPath, "--no-orphans", join(directory, "main.ts")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  const fetchNew = (path = "") => fetch(`http://127.0.0.1:${port}${path}`, { keepalive: false });
  const told = async () => {
    const all = await Promise.all(Array.from({ length: 10 }, async () => (await fetchNew("/metrics")).text()));
    const of = (name: string) =>
      new Set(all.map((text) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1])));
    return { answers: [...of("t_answers_total")], processes: [...of("t_processes")] };
  };
  try {
    const first = await answering(port, (ids) => ids.size === count);
    const [before = 0, ...others] = (await told()).answers;
    expect(others).toEqual([]);
    const more = 25;
    await Promise.all(Array.from({ length: more }, async () => (await fetchNew()).text()));
    expect(await told()).toEqual({ answers: [before + more], processes: [count] });
    const [victim = 0] = first;
    process.kill(victim, "SIGKILL");
    await gone(victim);
    expect((await told()).answers).toEqual([before + more]);
    let after = await told();
    while (after.processes[0] !== count) after = await told();
    expect(after).toEqual({ answers: [before + more], processes: [count] });
  } finally {
    parent.kill("SIGTERM");
    await parent.exited;
    await rm(directory, { recursive: true, force: true });
  }
}, 30_000);

/** The one that started it has seen that it died. */
async function gone(id: number): Promise<void> {
  for (;;) {
    try {
      process.kill(id, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The processes that answered the last questions, each on a connection of its own, once they are as expected. */
async function answering(port: number, isExpected: (ids: Set<number>) => boolean): Promise<Set<number>> {
  const patience = AbortSignal.timeout(20_000);
  for (;;) {
    patience.throwIfAborted();
    const asked = Array.from({ length: 40 }, async () => {
      const response = await fetch(`http://127.0.0.1:${port}`, { keepalive: false }).catch(() => null);
      return response ? Number(await response.text()) : null;
    });
    const ids = new Set((await Promise.all(asked)).filter((id) => id !== null));
    if (isExpected(ids)) return ids;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
