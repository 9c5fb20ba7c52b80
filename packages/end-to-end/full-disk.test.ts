/**
 * A disk that really is full, a small file system in memory. Encoding waits and says so, what was made stays, and it goes on
 * when there is room. Needs the right to mount, and is skipped without it.
 */
import { afterAll, expect, test } from "bun:test";
import { unlink } from "node:fs/promises";
import { createWorld, makeClip, until, type World } from "@video-backend/testing";
import { startSystem } from "./system.ts";
import { uploadFile } from "./upload-file.ts";

const world: World = createWorld();
const disk = world.path("disk");
const mebibytes = 24;
const canMount = Bun.spawnSync([
  "sh",
  "-c",
  `mkdir ${disk} && mount -t tmpfs -o size=${mebibytes}m tmpfs ${disk}`,
]).success;

/** Takes all the room but this much. */
async function fillUpTo(leftMebibytes: number): Promise<void> {
  const { success } = Bun.spawnSync([
    "sh",
    "-c",
    `head -c $(( $(stat -f -c '%a * %S' ${disk}) - ${leftMebibytes} * 1048576 )) /dev/zero > ${disk}/ballast`,
  ]);
  expect(success).toBe(true);
}

test.skipIf(!canMount).each([
  ["without a reserve, when a write finds no room", "0"],
  ["with a reserve, before it is touched", String(4 * 1024 * 1024)],
])(
  "encoding waits for room %s",
  async (_, lowWater) => {
    await using unmount = {
      [Symbol.asyncDispose]: async () => void (await unlink(`${disk}/ballast`).catch(() => undefined)),
    };
    void unmount;
    await using system = await startSystem({ STORAGE_DIR: disk, DISK_LOW_WATER_BYTES: lowWater, SEGMENT_SECONDS: "2" });
    const clip = await makeClip(world.path("clip.mp4"), { seconds: 20, width: 854, height: 480 });
    const videoId = await uploadFile(system, clip, 1);
    const status = async () =>
      (await (await fetch(`${system.url.transcoding}/transcode/status/${videoId}`)).json()) as {
        overall: string;
        progress: number;
        waiting?: string;
        error?: string;
      };
    await until("something is made", async () => (await status()).progress > 0);
    await fillUpTo(1);
    const waiting = await until("it waits", async () => {
      const now = await status();
      return now.waiting !== undefined && now;
    });
    expect(waiting.overall).toBe("running");
    expect(waiting.waiting).toStartWith("Waiting for room on the disk");
    expect(waiting.progress).toBeLessThan(100);
    await unlink(`${disk}/ballast`);
    const done = await until("it has ended", async () => {
      const now = await status();
      return now.overall !== "running" && now;
    });
    expect([done.overall, done.progress, done.error]).toEqual(["ok", 100, undefined]);
    await fetch(`${system.url.admin}/admin/videos/${videoId}`, { method: "DELETE" });
  },
  90_000,
);

afterAll(async () => {
  if (canMount) Bun.spawnSync(["umount", "--lazy", disk]);
  await world[Symbol.asyncDispose]();
});
