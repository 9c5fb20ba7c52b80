/**
 * A large file in parallel chunks, against nginx's PUT to disk (its dav module) of the same bytes, and against the server
 * of tus's own library. Ours brings each chunk to the disk before it answers; the others leave that to the kernel, so ours
 * is measured without it too, in raw chunks and in the forms that older clients send. Then how long complete takes by the size of the file, and what the service held at most.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, freePort, type World } from "@video-backend/testing";
import type { Part } from "../bench.ts";
import { startNginx } from "../nginx.ts";
import { rounds, secondsOf, showSeconds } from "../rounds.ts";
import { type Server, startServer } from "../start-server.ts";
import { peakMemoryMiB } from "./peak-memory.ts";
import { beginOurs, complete, createFormSender, putChunk, request, sendByTus, sendPieces } from "./senders.ts";
import { atOnce, fewPieces, manyPieces } from "./sizes.ts";

export const parallelUpload: Part = async (bench) => {
  await using world = createWorld();
  const { signal } = bench;
  const server = "client_max_body_size 0; location / { dav_methods PUT; }";
  await using nginx = await startNginx({ world, signal, server });
  const tusDirectory = world.path("tus");
  await using tus = await startTus(tusDirectory, signal);
  await using ours = await startOurs(world, "durable", { UPLOAD_SYNC: "chunk" }, signal);
  await using unsynced = await startOurs(world, "unsynced", { UPLOAD_SYNC: "never" }, signal);
  const completes = { many: [] as number[], few: [] as number[] };

  const send = async ({ url }: Server, pieces: number, into: number[] | null): Promise<number> => {
    let id = "";
    const seconds = await secondsOf(async () => {
      id = await beginOurs(url, pieces, signal);
      await sendPieces(pieces, atOnce, (index, bytes) => putChunk(url, id, index, bytes));
    });
    const completed = await secondsOf(() => complete(url, id));
    into?.push(completed);
    await request(`${url}/upload/${id}`, { method: "DELETE" });
    return seconds;
  };
  const sendForms = async ({ url }: Server): Promise<number> => {
    const id = await beginOurs(url, manyPieces, signal);
    const senders = Array.from({ length: atOnce }, () => createFormSender(url, id));
    const seconds = await secondsOf(() =>
      sendPieces(manyPieces, atOnce, async (index, _, sender) => senders[sender]?.(index)),
    );
    await request(`${url}/upload/${id}`, { method: "DELETE" });
    return seconds;
  };
  const contestants = {
    ours: async () => {
      const seconds = await send(ours, manyPieces, completes.many);
      await send(ours, fewPieces, completes.few);
      return seconds;
    },
    unsynced: () => send(unsynced, manyPieces, null),
    forms: () => sendForms(ours),
    "forms unsynced": () => sendForms(unsynced),
    nginx: async () => {
      const put = async (index: number, body: Uint8Array<ArrayBuffer>) => {
        await (await request(`${nginx.url}/${index}.mp4`, { method: "PUT", body })).text();
      };
      const seconds = await secondsOf(() => sendPieces(manyPieces, atOnce, put));
      await Promise.all(Array.from({ length: manyPieces }, (_, index) => rm(join(nginx.root, `${index}.mp4`))));
      return seconds;
    },
    tus: async () => {
      const seconds = await secondsOf(() => sendByTus(tus.url, manyPieces, atOnce));
      await rm(tusDirectory, { recursive: true });
      await mkdir(tusDirectory);
      return seconds;
    },
  };
  const values = await rounds(bench, bench.repetitions(5), contestants, showSeconds);
  const row = (what: string, mine: number[], name: string, other: number[], atLeast: number) => ({
    what,
    unit: "s" as const,
    ours: mine,
    other: { name, values: other },
    goal: { of: "other / ours" as const, atLeast },
  });
  return [
    row("2 GB in chunks of 5 MiB, six at a time", values.ours, "nginx PUT", values.nginx, 0.8),
    row("2 GB, left to the kernel to write", values.unsynced, "nginx PUT", values.nginx, 0.8),
    row("2 GB in chunks of 5 MiB, six at a time", values.ours, "@tus/server", values.tus, 1),
    row("2 GB, left to the kernel to write", values.unsynced, "@tus/server", values.tus, 1),
    row("2 GB in forms", values.forms, "raw chunks", values.ours, 0.8),
    row("2 GB in forms, left to the kernel", values["forms unsynced"], "raw chunks", values.unsynced, 0.8),
    row("2 GB in forms, left to the kernel", values["forms unsynced"], "nginx PUT", values.nginx, 0.8),
    row("2 GB in forms, left to the kernel", values["forms unsynced"], "@tus/server", values.tus, 1),
    {
      what: "Complete of 2 GB",
      unit: "s",
      ours: completes.many,
      other: { name: "of 20 MB", values: completes.few },
      goal: { of: "ours / other", atMost: 1.5 },
    },
    {
      what: "Peak memory of the upload service",
      unit: "MiB",
      ours: [await peakMemoryMiB(ours.pid)],
      other: null,
      goal: { of: "ours", atMost: 143 },
    },
  ];
};

/** The upload service alone: those it tells of a finished file are away, so that nothing is encoded in between. */
function startOurs(world: World, name: string, settings: Record<string, string>, signal: AbortSignal): Promise<Server> {
  const [port, nobody] = [freePort(), `http://127.0.0.1:${freePort()}`];
  return startScript(["apps/upload/main.ts"], port, signal, {
    UPLOAD_PORT: String(port),
    STORAGE_DIR: world.path(name),
    LOG_LEVEL: "warn",
    METADATA_URL: nobody,
    TRANSCODING_URL: nobody,
    ...settings,
  });
}

async function startTus(directory: string, signal: AbortSignal): Promise<Server> {
  await mkdir(directory);
  const port = freePort();
  return startScript([join(import.meta.dirname, "tus-server.ts"), String(port), directory], port, signal);
}

function startScript(
  script: string[],
  port: number,
  signal: AbortSignal,
  settings: Record<string, string> = {},
): Promise<Server> {
  const url = `http://127.0.0.1:${port}`;
  return startServer({
    command: [process.execPath, "--no-orphans", ...script],
    environment: { ...process.env, ...settings },
    url,
    isReady: async () => (await fetch(url)).status > 0,
    signal,
  });
}
