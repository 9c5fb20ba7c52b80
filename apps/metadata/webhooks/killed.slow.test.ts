/** Metadata and a receiver as processes that are killed, by the one signal that nothing can be done about. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRandom, createWorld, freePort, until, type World } from "@video-backend/testing";

const kills = 50;
const videos = ["a", "b", "c", "d"];

/** Verifies an event, writes it down, answers. */
const receiverScript = `
  const { appendFileSync } = require("node:fs");
  const { Webhook } = require("standardwebhooks");
  Bun.serve({ port: Number(process.env.PORT), hostname: "127.0.0.1", async fetch(request) {
    if (request.method === "GET") return new Response();
    const { data } = new Webhook(process.env.SECRET).verify(await request.text(), Object.fromEntries(request.headers));
    const line = { id: request.headers.get("webhook-id"), video: data.hash, title: data.title };
    appendFileSync(process.env.FILE, JSON.stringify(line) + "\\n");
    return new Response();
  } });`;

/** A process that is started again at the same port whenever it is killed. */
function createProcess(world: World, port: number, command: string[], env: () => Record<string, string>) {
  const url = `http://127.0.0.1:${port}`;
  let running: Bun.Subprocess | undefined;
  async function start(): Promise<void> {
    running = Bun.spawn(command, {
      cwd: join(import.meta.dirname, ".."),
      env: { ...process.env, ...env() },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
    });
    const isUp = () =>
      fetch(`${url}/health`).then(
        () => true,
        () => false,
      );
    await until(`${url} answers`, isUp);
  }
  async function kill(): Promise<void> {
    running?.kill("SIGKILL");
    await running?.exited;
  }
  world.defer(kill);
  return { url, start, kill };
}

test(`through ${kills} kills of metadata and of the receiver each event arrives, with one id, and in order of its video`, async () => {
  await using world = createWorld();
  const file = world.path("received");
  let secret = "";
  const [metadataPort, receiverPort] = [freePort(), freePort()];
  const metadata = createProcess(world, metadataPort, [process.execPath, "main.ts"], () => ({
    METADATA_PORT: String(metadataPort),
    STORAGE_DIR: world.directory,
    LOG_LEVEL: "silent",
    REMOTE_ALLOW: "127.0.0.1",
    WEBHOOK_RETRY_SECONDS: "0.02",
  }));
  const receiver = createProcess(world, receiverPort, [process.execPath, "-e", receiverScript], () => ({
    PORT: String(receiverPort),
    SECRET: secret,
    FILE: file,
  }));
  const received = () =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line !== "")
          .map((line): { id: string; video: string; title: string } => JSON.parse(line))
      : [];
  const send = async (method: string, path: string, json: object) => {
    const headers = { "content-type": "application/json" };
    return fetch(`${metadata.url}${path}`, { method, headers, body: JSON.stringify(json) });
  };

  await metadata.start();
  const created = await send("POST", "/webhooks", { url: `${receiver.url}/hook`, events: ["video.failed"] });
  ({ secret } = (await created.json()) as { secret: string });
  for (const hash of videos) await send("POST", "/videos", { hash, filename: "film.mp4" });

  let isOver = false;
  const acknowledged: string[] = [];
  /** Makes one video fail again and again; each acknowledged failure is an event, one whose answer was lost may be one. */
  async function changeForEver(hash: string): Promise<void> {
    const isTaken = (json: object) =>
      send("PUT", `/videos/${hash}`, json).then(
        ({ ok }) => ok,
        () => false,
      );
    for (let n = 0; !isOver; n++) {
      await until("it can fail anew", () => isOver || isTaken({ transcoding_status: "transcoding" }));
      const title = String(n).padStart(6, "0");
      if (!isOver && (await isTaken({ transcoding_status: "failed", title }))) acknowledged.push(`${hash} ${title}`);
    }
  }

  // With no receiver there: metadata is killed between a change and its delivery.
  const changing = videos.map(changeForEver);
  await until("something is to be delivered", () => acknowledged.length > 0);
  await metadata.kill();
  await Promise.all([metadata.start(), receiver.start()]);

  const random = createRandom(20);
  for (let kill = 1; kill < kills; kill++) {
    const [before, arrived] = [acknowledged.length, received().length];
    const wanted = random.below(6);
    await until(
      "there are changes, and deliveries",
      () => acknowledged.length > before + wanted && received().length > arrived,
    );
    const victim = random.chance(0.3) ? metadata : receiver;
    await victim.kill();
    await victim.start();
  }
  isOver = true;
  await Promise.all(changing);

  const arrived = () => new Set(received().map(({ video, title }) => `${video} ${title}`));
  await until("all have arrived", () => arrived().isSupersetOf(new Set(acknowledged)));
  const titleOf = new Map<string, string>();
  const seen: Record<string, string[]> = {};
  for (const { id, video, title } of received()) {
    const known = titleOf.get(id);
    expect([id, known ?? `${video} ${title}`]).toEqual([id, `${video} ${title}`]);
    titleOf.set(id, `${video} ${title}`);
    if (known === undefined) seen[video] = [...(seen[video] ?? []), title];
  }
  expect(titleOf.size).toBe(new Set(titleOf.values()).size);
  for (const video of videos) expect(seen[video] ?? []).toEqual((seen[video] ?? []).toSorted());
  expect(acknowledged.length).toBeGreaterThan(kills);
  process.stdout.write(`${acknowledged.length} changes, ${received().length} deliveries of ${titleOf.size} events\n`);
}, 120_000);
