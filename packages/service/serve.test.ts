/** Stopping, in a process of its own: what is promised is how the process ends. */
import { expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A main whose one route answers only after the service has begun to drain. */
const main = `
import { createLog, createRouter, createService } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
import { serve } from ${JSON.stringify(join(import.meta.dirname, "serve.ts"))};

const log = createLog("test", "silent");
const routes = createRouter();
routes.get("/last", async (c) => {
  process.stdout.write("asked\\n");
  await new Promise((resolve) => c.env.draining.addEventListener("abort", resolve));
  return c.text("answered");
});
const service = createService({ name: "test_service", title: "T", description: "T", log, checks: {} }, routes);
export default serve(service, { port: 0, hostname: "127.0.0.1", log, close: () => void process.stdout.write("closed\\n") });
`;

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s answers the request at work, closes, and exits with 0",
  async (signal) => {
    const directory = await mkdtemp(join(tmpdir(), "serve-"));
    try {
      await writeFile(join(directory, "main.ts"), main);
      const child = Bun.spawn([process.execPath, join(directory, "main.ts")], { stdout: "pipe", stderr: "inherit" });
      const output = linesOf(child.stdout);
      const address = (await output.until(/http:\/\/127\.0\.0\.1:\d+/))[0];
      const reply = fetch(`${address}/last`).then((response) => response.text());
      await output.until(/asked/);
      child.kill(signal);
      expect(await reply).toBe("answered");
      await output.until(/closed/);
      expect(await child.exited).toBe(0);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
);

/** A main that answers with a file, whose end comes only when somebody takes it. */
const fileMain = (path: string) => `
import { createLog } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
import { serve } from ${JSON.stringify(join(import.meta.dirname, "serve.ts"))};

const log = createLog("test", "silent");
const service = { fetch: () => new Response(Bun.file(${JSON.stringify(path)})) };
export default serve(service, { port: 0, hostname: "127.0.0.1", log });
`;

test("SIGTERM lets an answer end that is on its way already", async () => {
  const directory = await mkdtemp(join(tmpdir(), "serve-"));
  try {
    // More than the kernel takes at once for a reader that does not read.
    const sizeBytes = 64 * 1024 * 1024;
    await writeFile(join(directory, "large"), new Uint8Array(sizeBytes));
    await writeFile(join(directory, "main.ts"), fileMain(join(directory, "large")));
    const child = Bun.spawn([process.execPath, join(directory, "main.ts")], { stdout: "pipe", stderr: "inherit" });
    const address = (await linesOf(child.stdout).until(/http:\/\/127\.0\.0\.1:\d+/))[0];
    const response = await fetch(address);
    child.kill("SIGTERM");
    let received = 0;
    for await (const part of response.body ?? []) received += part.length;
    expect(received).toBe(sizeBytes);
    expect(await child.exited).toBe(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

function linesOf(stream: ReadableStream<Uint8Array>) {
  const reader = stream.pipeThrough(new TextDecoderStream() as never).getReader();
  let text = "";
  return {
    async until(pattern: RegExp): Promise<RegExpExecArray> {
      for (;;) {
        const found = pattern.exec(text);
        if (found) return found;
        const { value, done } = await reader.read();
        if (done) throw new Error(`Ended without ${pattern}: ${text}`);
        text += value;
      }
    },
  };
}
