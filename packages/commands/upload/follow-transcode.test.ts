import { expect, test } from "bun:test";
import type { TranscodingStatus } from "@video-backend/transcoding/client";
import { renditionProgress } from "./follow-transcode.ts";

const rung = (status: "running" | "skipped" | "ok", progress: number) => ({ status, progress });

test("progress is told per rung and for the audio; not for the source, nor for rungs that are not made", () => {
  const qualities = {
    original: rung("ok", 100),
    "1080p": rung("skipped", 0),
    "720p": rung("running", 33.9),
    "360p": rung("ok", 100),
  };
  const status = { qualities, audio: rung("running", 5) } as unknown as TranscodingStatus;
  expect(renditionProgress(status)).toBe("transcoding  720p 33%  360p 100%  audio 5%");
  expect(renditionProgress({ ...status, audio: null })).toBe("transcoding  720p 33%  360p 100%");
});
