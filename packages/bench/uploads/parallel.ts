/**
 * A large file in parallel chunks, against nginx's PUT to disk (its dav module) of the same bytes, and against the server
 * of tus's own library. Ours brings each chunk to the disk before it answers; the others leave that to the kernel, so ours
 * is measured without it too. Then how long complete takes by the size of the file, and what the service held at most.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createWorld, type World } from "@video-backend/testing";
import type { Part } from "../bench.ts";
import { freePort } from "../free-port.ts";
import { startNginx } from "../nginx.ts";
import { poll } from "../poll.ts";
import { rounds, secondsOf, showSeconds } from "../rounds.ts";
import { peakMemoryMiB } from "./peak-memory.ts";
import { beginOurs, complete, putChunk, request, sendByTus, sendPieces } from "./senders.ts";
import { atOnce, fewPieces, manyPieces } from "./sizes.ts";

interface Ours {
  url: string;
  pid: number;
}

const root = join(import.meta.dirname, "..", "..", "..");

export const parallelUpload: Part = async (bench) => {
  await using world = createWorld();
  await using nginx = await startNginx("client_max_body_size 0; location / { dav_methods PUT; }", bench.signal);
  const tus = await startTus(world, bench.signal);
  const ours = await startOurs(world, "durable", { UPLOAD_SYNC: "chunk" }, bench.signal);
  const unsynced = await startOurs(world, "unsynced", { UPLOAD_SYNC: "never" }, bench.signal);
  const completes = { many: [] as number[], few: [] as number[] };

  const send = async ({ url }: Ours, pieces: number, into: number[] | null): Promise<number> => {
    let id = "";
    const seconds = await secondsOf(async () => {
      id = await beginOurs(url, pieces, bench.signal);
      await sendPieces(pieces, atOnce, (index, bytes) => putChunk(url, id, index, bytes));
    });
    const completed = await secondsOf(() => complete(url, id));
    into?.push(completed);
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
      await rm(tus.directory, { recursive: true, force: true });
      await Bun.write(join(tus.directory, ".kept"), "");
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
function startOurs(world: World, name: string, settings: Record<string, string>, signal: AbortSignal): Promise<Ours> {
  const [port, nobody] = [freePort(), `http://127.0.0.1:${freePort()}`];
  const environment = {
    ...process.env,
    UPLOAD_PORT: String(port),
    STORAGE_DIR: world.path(name),
    LOG_LEVEL: "warn",
    METADATA_URL: nobody,
    TRANSCODING_URL: nobody,
    ...settings,
  };
  return startServer(world, ["apps/upload/main.ts"], port, environment, signal);
}

async function startTus(world: World, signal: AbortSignal) {
  const [port, directory] = [freePort(), world.path("tus")];
  await Bun.write(join(directory, ".kept"), "");
  const script = join(import.meta.dirname, "tus-server.ts");
  const server = await startServer(world, [script, String(port), directory], port, process.env, signal);
  return { ...server, directory };
}

async function startServer(
  world: World,
  script: string[],
  port: number,
  environment: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<Ours> {
  const url = `http://127.0.0.1:${port}`;
  const child = Bun.spawn([process.execPath, "--no-orphans", ...script], {
    cwd: root,
    env: environment,
    stdio: ["ignore", "ignore", "inherit"],
  });
  world.defer(async () => {
    child.kill();
    await child.exited;
  });
  const answers = () =>
    fetch(url).then(
      () => true,
      () => null,
    );
  await poll(`${script[0]} answers`, answers, { signal, everySeconds: 0.05, limitSeconds: 20 });
  return { url, pid: child.pid };
}
