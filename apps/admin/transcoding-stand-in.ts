/** What admin needs of the transcoding service in a test: its answers, and jobs that are only remembered. */
import { createRouter, problemResponse, ServiceError } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { originalKey, streamsKey } from "@video-backend/storage/layout";

/** A job as it was asked for, and how it stands. */
export interface StandInJob {
  filename: string;
  networkSpeed: number;
  overall: "running" | "stopped";
}

/** Jobs by the id of their video. Deleting one removes the streams, as the real service does. */
export function createTranscodingStandIn(store: BlobStore) {
  const jobs = new Map<string, StandInJob>();
  const absent = (sentence: string) => problemResponse(new ServiceError("not_found", sentence), "stand-in");
  const service = createRouter();
  service.get("/health", (c) => c.json({ status: "healthy", service: "transcoding_service" }));
  service.post("/transcode/start", async (c) => {
    const { upload_id, filename, network_speed = 10 } = await c.req.json();
    if (!(await store.exists(originalKey(upload_id, filename)))) return absent("Source file not found");
    jobs.set(upload_id, { filename, networkSpeed: network_speed, overall: "running" });
    return c.json({ status: "started", upload_id });
  });
  service.post("/transcode/resume", (c) => c.json({ status: "completed", resumed_count: jobs.size }));
  service.get("/transcode/status/:id", (c) => {
    const job = jobs.get(c.req.param("id"));
    if (!job) return absent("Status not found");
    return c.json({ upload_id: c.req.param("id"), ...job, progress: 50, playable: true });
  });
  service.post("/transcode/:id/stop", (c) => {
    const job = jobs.get(c.req.param("id"));
    if (!job) return absent("Status not found");
    job.overall = "stopped";
    return c.json({ status: "stopped" });
  });
  service.delete("/transcode/:id", async (c) => {
    jobs.delete(c.req.param("id"));
    await store.remove(streamsKey(c.req.param("id")));
    return c.json({ status: "deleted" });
  });
  return { service, jobs };
}
