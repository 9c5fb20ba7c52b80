/** Uploads over a server that is only remembered, whose line breaks where a test says so. */
import { describe, expect, test } from "bun:test";
import { until } from "@video-backend/testing";
import { Refusal } from "../shell/ask.ts";
import { planChunks } from "./chunk-plan.ts";
import { createUploads, type Uploads } from "./create-uploads.ts";
import type { RememberedUploads } from "./remembered-uploads.ts";
import type { Transport } from "./transport.ts";
import type { RememberedUpload, Upload, UploadPhase } from "./upload.ts";

const chunkBytes = planChunks(0).chunkBytes;

/** A file of so many chunks, the last of one byte. Its bytes are never looked at. */
function fileOf(chunks: number, name = "film.mp4"): File {
  const size = (chunks - 1) * chunkBytes + 1;
  const file = { name, size, lastModified: 7, slice: (from = 0, to = size) => new File([], `${from}-${to}`) };
  return file as unknown as File;
}

/** What a server knows, and what it was sent, over all pages of a test. */
function createServer() {
  const uploads = new Map<string, { total: number; received: Set<number>; isComplete: boolean }>();
  const sent: string[] = [];
  const faults: (Refusal | null)[] = [];
  /** Resolves when a chunk may be answered; at once, unless a test holds it. */
  const gate: { hold: (index: number) => Promise<void> | undefined } = { hold: () => undefined };
  const failing = () => {
    const fault = faults.shift();
    if (fault) throw fault;
  };
  const transport: Transport = {
    async begin({ filename, total_chunks }) {
      failing();
      if (!filename.endsWith(".mp4")) throw new Refusal(400, "Unsupported file type", null, { accepted: ["mp4"] });
      const id = `id-${uploads.size + 1}`;
      uploads.set(id, { total: total_chunks, received: new Set(), isComplete: false });
      return id;
    },
    async look(id) {
      failing();
      const upload = uploads.get(id);
      if (!upload) return null;
      const indexes = Array.from({ length: upload.total }, (_, index) => index);
      const missing = indexes.filter((index) => !upload.received.has(index));
      return { upload_id: id, state: "receiving", missing };
    },
    async send(id, index, _chunk, onSent, signal) {
      failing();
      onSent(1);
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      await Promise.race([gate.hold(index), aborted]);
      sent.push(`${id} ${index}`);
      uploads.get(id)?.received.add(index);
    },
    async complete(id) {
      failing();
      const upload = uploads.get(id);
      if (upload) upload.isComplete = true;
    },
    async abandon(id) {
      uploads.delete(id);
    },
  };
  return { uploads, sent, faults, gate, transport };
}

function createMemory(): RememberedUploads & { kept: Map<string, RememberedUpload> } {
  const kept = new Map<string, RememberedUpload>();
  return {
    kept,
    all: async () => [...kept.values()],
    keep: async (upload) => void kept.set(upload.videoId, upload),
    forget: async (id) => void kept.delete(id),
  };
}

function setup(server = createServer(), remembered = createMemory()) {
  const waits: number[] = [];
  const page: Uploads = createUploads({
    transport: server.transport,
    remembered,
    wait: async (seconds, signal) => {
      waits.push(seconds);
      signal.throwIfAborted();
    },
    now: () => performance.now() / 1000,
    claim: async () => true,
  });
  const only = (): Upload => page.list.value[0] as Upload;
  const becomes = (upload: Upload, phase: UploadPhase) =>
    until(`${upload.name} is ${phase}`, () => upload.phase.value === phase);
  return { ...server, server, remembered, page, waits, only, becomes };
}

const add = (page: Uploads, ...files: File[]) => page.add(files.map((file) => ({ file, handle: null })));

describe("an upload", () => {
  test("sends every chunk once, completes, and is forgotten", async () => {
    const { page, only, becomes, sent, uploads, remembered } = setup();
    add(page, fileOf(5));
    await becomes(only(), "done");
    expect(sent.toSorted()).toEqual([0, 1, 2, 3, 4].map((index) => `id-1 ${index}`));
    expect(uploads.get("id-1")?.isComplete).toBe(true);
    expect(only().sentBytes.value).toBe(only().sizeBytes);
    expect(remembered.kept.size).toBe(0);
    page.dismiss(only());
    expect(page.list.value).toEqual([]);
  });

  test("of several files the first goes first, three chunks at a time", async () => {
    const { page, becomes, gate, sent } = setup();
    const release = Promise.withResolvers<void>();
    let atOnce = 0;
    let most = 0;
    gate.hold = async () => {
      most = Math.max(most, ++atOnce);
      await release.promise;
      atOnce--;
    };
    add(page, fileOf(4, "a.mp4"), fileOf(2, "b.mp4"));
    const [a, b] = page.list.value as [Upload, Upload];
    await becomes(a, "sending");
    expect(b.phase.value).toBe("waiting");
    release.resolve();
    await becomes(b, "done");
    expect(most).toBe(3);
    expect(sent.slice(0, 3).every((line) => line.startsWith("id-1"))).toBe(true);
  });

  test("outlives a broken line, a server that is away and too many at once, without a chunk twice", async () => {
    const { page, only, becomes, faults, sent, waits } = setup();
    faults.push(new Refusal(0, "No answer"), null, new Refusal(503, "Away"), null, new Refusal(429, "Later", 30));
    add(page, fileOf(4));
    await becomes(only(), "done");
    expect(sent.toSorted()).toEqual([0, 1, 2, 3].map((index) => `id-1 ${index}`));
    expect(waits.toSorted((a, b) => a - b)).toEqual([1, 1, 30]);
  });

  test("says that it waits and why, and goes on", async () => {
    const server = createServer();
    const { page, only, becomes } = setup(server);
    server.faults.push(new Refusal(503, "Upload service unavailable"));
    const phases: string[] = [];
    add(page, fileOf(1));
    only().phase.subscribe((phase) => phases.push(`${phase} ${only().sentence.value ?? ""}`.trim()));
    await becomes(only(), "done");
    expect(phases).toContain("retrying Upload service unavailable");
    expect(only().sentence.value).toBeNull();
  });

  test("that is refused says what would be taken, and is tried again only when asked", async () => {
    const { page, only, becomes, sent, faults } = setup();
    add(page, fileOf(1, "notes.txt"));
    await becomes(only(), "refused");
    expect(only().sentence.value).toBe("Unsupported file type. Taken are .mp4.");
    page.dismiss(only());
    const facts = { needed_bytes: 5_000_000, free_bytes: 1_000_000 };
    faults.push(new Refusal(507, "No room left: 5000000 bytes", null, facts));
    add(page, fileOf(1));
    await becomes(only(), "refused");
    expect(only().sentence.value).toContain("needs about 5.0 MB, and 1.0 MB are free");
    expect(sent).toEqual([]);
    page.resume(only());
    await becomes(only(), "done");
  });

  test("a chunk that is refused ends the others of its file", async () => {
    const { page, only, becomes, faults, uploads } = setup();
    faults.push(null, null, new Refusal(422, "Wrong size"));
    add(page, fileOf(5));
    await becomes(only(), "refused");
    expect(only().sentence.value).toBe("Wrong size");
    expect(uploads.get("id-1")?.isComplete).toBe(false);
  });
});

describe("a reader", () => {
  test("pauses and resumes: what was acknowledged is not sent again", async () => {
    const { page, only, becomes, gate, sent, server } = setup();
    gate.hold = (index) => (index < 2 ? undefined : new Promise(() => undefined));
    add(page, fileOf(5));
    await until("two are there", () => sent.length === 2);
    page.pause(only());
    expect(only().phase.value).toBe("paused");
    gate.hold = () => undefined;
    page.resume(only());
    await becomes(only(), "done");
    expect(sent.toSorted()).toEqual([0, 1, 2, 3, 4].map((index) => `id-1 ${index}`));
    expect(server.uploads.size).toBe(1);
  });

  test("cancels: nothing of it is left, here or there", async () => {
    const { page, only, gate, uploads, remembered, becomes } = setup();
    gate.hold = () => new Promise(() => undefined);
    add(page, fileOf(2));
    await becomes(only(), "sending");
    await page.cancel(only());
    expect(page.list.value).toEqual([]);
    expect(uploads.size).toBe(0);
    expect(remembered.kept.size).toBe(0);
  });

  test("who gives the same file twice has one upload of it", async () => {
    const { page, only, becomes, gate, uploads } = setup();
    const release = Promise.withResolvers<void>();
    gate.hold = () => release.promise;
    add(page, fileOf(2));
    await becomes(only(), "sending");
    add(page, fileOf(2));
    page.pause(only());
    add(page, fileOf(2));
    release.resolve();
    await becomes(only(), "done");
    expect(uploads.size).toBe(1);
    expect(page.list.value).toHaveLength(1);
  });
});

describe("after a reload", () => {
  /** A page that was left when two of five chunks were there. */
  async function leave() {
    const before = setup();
    before.gate.hold = (index) => (index < 2 ? undefined : new Promise(() => undefined));
    add(before.page, fileOf(5));
    await until("two are there", () => before.sent.length === 2);
    before.gate.hold = () => undefined;
    const after = setup(before.server, before.remembered);
    await after.page.restore();
    return after;
  }

  test("an upload waits for its file, and sends only what is missing", async () => {
    const { page, only, becomes, sent } = await leave();
    expect(only()).toMatchObject({ name: "film.mp4" });
    expect(only().phase.value).toBe("interrupted");
    expect(only().sentBytes.value).toBe(2 * chunkBytes);
    expect(page.hasHandle(only())).toBe(false);
    await page.continueWith(only(), fileOf(4));
    expect(only().phase.value).toBe("interrupted");
    expect(only().sentence.value).toContain("That is another file");
    add(page, fileOf(5));
    await becomes(only(), "done");
    expect(sent).toHaveLength(5);
    expect(page.list.value).toHaveLength(1);
  });

  test("an upload goes on by itself where the file may be read", async () => {
    const { server, remembered } = await leave();
    for (const upload of remembered.kept.values()) {
      const handle = { queryPermission: async () => "granted", requestPermission: async () => "granted" };
      upload.handle = { ...handle, getFile: async () => fileOf(5) } as unknown as FileSystemFileHandle;
    }
    const { page, only, becomes } = setup(server, remembered);
    await page.restore();
    await becomes(only(), "done");
    expect(server.sent).toHaveLength(5);
  });

  test("an upload whose end was not heard of is completed without its file", async () => {
    const { server, remembered } = await leave();
    server.uploads.get("id-1")?.received.add(2).add(3).add(4);
    const { page, only, becomes } = setup(server, remembered);
    await page.restore();
    await becomes(only(), "done");
    expect(server.uploads.get("id-1")?.isComplete).toBe(true);
    expect(server.sent).toHaveLength(2);
  });

  test("an upload that the server has forgotten is forgotten", async () => {
    const { server, remembered } = await leave();
    server.uploads.clear();
    const { page } = setup(server, remembered);
    await page.restore();
    expect(page.list.value).toEqual([]);
    expect(remembered.kept.size).toBe(0);
  });
});
