/** What this service counts and measures of its own work, for `/metrics`. No label is of a video. */
import type { TaskQueue } from "@video-backend/queue";
import { type Histogram, longBuckets, type Metrics, readDisk } from "@video-backend/service";
import type { Disk } from "./encoding/machine.ts";
import { type FaultClass, faultClasses } from "./states.ts";
import { type Lane, lanes, type TranscodingTask } from "./tasks/task.ts";

export interface Meters {
  /** What the service tells at `/metrics`. */
  metrics: Metrics;
  /** From the moment when a task was added to when a worker had it. */
  taskWait: Histogram<"lane">;
  /** Of each ffmpeg that encoded, whatever came of it. */
  encode: Histogram<"encoder">;
  /** A segment was entered in the ledger. */
  countMedia(encoder: string, seconds: number): void;
  /** `attempt`: an ffmpeg made not all of its part. `job`: a job ended with an error. */
  countFailure(of: "attempt" | "job", fault: FaultClass | null): void;
  /** From the start of a job, which follows the end of the upload at once, to when a playlist tells players of something to play. */
  playable: Histogram<never>;
  demandWait: Histogram<"outcome">;
}

/** @param metrics of the process */
export function createMeters(metrics: Metrics): Meters {
  const media = metrics.counter({
    name: "video_encoded_media_seconds_total",
    help: "Seconds of media in the segments that were made, each rendition for itself",
    labelNames: ["encoder"],
  });
  const failures = metrics.counter({
    name: "video_failures_total",
    help: "Attempts to encode that failed, and jobs that ended with an error, by class of fault",
    labelNames: ["of", "fault"],
  });
  for (const fault of faultClasses) for (const of of ["attempt", "job"]) failures.inc({ of, fault }, 0);
  return {
    metrics,
    taskWait: metrics.histogram({
      name: "video_task_wait_seconds",
      help: "Seconds that a task waited for a worker",
      labelNames: ["lane"],
      buckets: longBuckets,
    }),
    encode: metrics.histogram({
      name: "video_encode_seconds",
      help: "Seconds that an ffmpeg encoded",
      labelNames: ["encoder"],
      buckets: longBuckets,
    }),
    countMedia: (encoder, seconds) => media.inc({ encoder }, seconds),
    countFailure: (of, fault) => failures.inc({ of, fault: fault ?? "unexpected" }),
    playable: metrics.histogram({
      name: "video_playable_seconds",
      help: "Seconds from the end of an upload until the video can be played",
      labelNames: [],
      buckets: longBuckets,
    }),
    demandWait: metrics.histogram({
      name: "video_demand_wait_seconds",
      help: "Seconds that a player waited for a segment, and whether it was ready then",
      labelNames: ["outcome"],
    }),
  };
}

/** What is read at each scrape: the queue and the disk. */
export function readMachine(
  { metrics }: Pick<Meters, "metrics">,
  { queue, disk }: { queue: Pick<TaskQueue<TranscodingTask>, "count">; disk: Disk },
): void {
  const perLane = (what: "waiting" | "running") => async () =>
    Promise.all(lanes.map(async (lane: Lane) => ({ labels: { lane }, value: (await queue.count(lane))[what] })));
  metrics.read(
    { name: "video_tasks_waiting", help: "Tasks that wait for a worker", type: "gauge" },
    perLane("waiting"),
  );
  metrics.read({ name: "video_tasks_running", help: "Tasks that a worker has", type: "gauge" }, perLane("running"));
  readDisk(metrics, disk);
}
