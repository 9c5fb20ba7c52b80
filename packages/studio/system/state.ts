/** What transcoding tells of itself: the parts of its contract that the system's page reads. */

export interface Encoder {
  name: string;
  state: "ready" | "out" | "broken";
  /** ffmpeg's words, where it is not ready. */
  reason: string | null;
}

export interface QueueState {
  processes: { running: number; waiting: number };
  demands: { running: number; waiting: number };
  jobs: Record<"queued" | "running" | "ok" | "error" | "stopped", number>;
  disk: { free_bytes: number; total_bytes: number; low_water_bytes: number };
}

export interface RecentFault {
  upload_id: string;
  filename: string;
  /** Epoch seconds. */
  at: number;
  what: "job" | "attempt";
  encoder: string | null;
  message: string;
}
