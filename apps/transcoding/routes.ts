/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { createRouter, eventStream } from "@video-backend/service";
import * as contract from "./contract.ts";
import type { TranscodingDeps } from "./deps.ts";
import * as janitor from "./janitor/contract.ts";
import { inspectStorage } from "./janitor/inspect-storage.ts";
import { cleanStorage } from "./janitor/remove-leftovers.ts";
import { deleteJob } from "./jobs/delete-job.ts";
import { demandSegment } from "./jobs/demand-segment.ts";
import { describeJob } from "./jobs/describe-job.ts";
import { getJob } from "./jobs/jobs.ts";
import { restoreFile } from "./jobs/restore-file.ts";
import { resumeJobs } from "./jobs/resume-jobs.ts";
import { startJob } from "./jobs/start-job.ts";
import { stopJob } from "./jobs/stop-job.ts";
import { watchJobs } from "./jobs/watch-jobs.ts";
import { repairVideo } from "./ledger/repair-files.ts";
import * as overview from "./overview/contract.ts";
import { describeQueue } from "./overview/describe-queue.ts";
import { explainJob } from "./overview/explain-job.ts";
import { listFaults } from "./overview/list-faults.ts";
import { mapSegments } from "./overview/map-segments.ts";
import { measureBitrates } from "./overview/measure-bitrates.ts";

export type TranscodingRoutes = ReturnType<typeof createRoutes>;

export function createRoutes(deps: TranscodingDeps) {
  return createRouter()
    .openapi(contract.watchTranscodes, (c) =>
      eventStream(c, (signal) => watchJobs(deps, c.req.valid("query").upload_id, signal)),
    )
    .openapi(contract.listEncoders, (c) => c.json({ encoders: deps.encoders.states() }, 200))
    .openapi(janitor.inspectStorage, async (c) => c.json(await inspectStorage(deps, c.req.raw.signal), 200))
    .openapi(janitor.cleanStorage, async (c) => c.json(await cleanStorage(deps, c.req.raw.signal), 200))
    .openapi(contract.startTranscode, async (c) => {
      const { upload_id, filename, network_speed } = c.req.valid("json");
      await startJob(deps, { videoId: upload_id, filename, networkSpeed: network_speed });
      return c.json({ status: "started" as const, upload_id }, 200);
    })
    .openapi(contract.getTranscodeStatus, async (c) =>
      c.json(await describeJob(deps, c.req.valid("param").upload_id), 200),
    )
    .openapi(contract.resumeTranscodes, async (c) =>
      c.json({ status: "completed" as const, resumed_count: await resumeJobs(deps) }, 200),
    )
    .openapi(contract.stopTranscode, async (c) => {
      await stopJob(deps, c.req.valid("param").upload_id, "call");
      return c.json({ status: "stopped" as const }, 200);
    })
    .openapi(contract.deleteTranscode, async (c) => {
      await deleteJob(deps, c.req.valid("param").upload_id);
      return c.json({ status: "deleted" as const }, 200);
    })
    .openapi(contract.demandSegment, async (c) => {
      const { quality, segment } = c.req.valid("json");
      await demandSegment(deps, { videoId: c.req.valid("param").upload_id, quality, index: segment }, c.req.raw.signal);
      return c.json({ status: "ready" as const }, 200);
    })
    .openapi(contract.restoreFile, async (c) => {
      await restoreFile(deps, c.req.valid("param").upload_id, c.req.valid("json").path);
      return c.json({ status: "ready" as const }, 200);
    })
    .openapi(contract.repairFiles, async (c) => {
      const { upload_id } = c.req.valid("param");
      await getJob(deps, upload_id);
      return c.json({ lost_segments: await repairVideo(deps, upload_id, true) }, 200);
    })
    .openapi(contract.listAttempts, async (c) =>
      c.json(await explainJob(deps, c.req.valid("param").upload_id, c.req.valid("query").limit), 200),
    )
    .openapi(overview.describeQueue, async (c) => c.json(await describeQueue(deps), 200))
    .openapi(overview.listFaults, async (c) =>
      c.json({ faults: await listFaults(deps, c.req.valid("query").limit) }, 200),
    )
    .openapi(overview.mapSegments, async (c) => c.json(await mapSegments(deps, c.req.valid("param").upload_id), 200))
    .openapi(overview.measureBitrates, async (c) =>
      c.json(await measureBitrates(deps, c.req.valid("param").upload_id), 200),
    );
}
