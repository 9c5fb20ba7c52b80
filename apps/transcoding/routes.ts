/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { createRouter, eventStream } from "@video-backend/service";
import * as contract from "./contract.ts";
import { deleteJob } from "./jobs/delete-job.ts";
import { describeJob } from "./jobs/describe-job.ts";
import { resumeJobs } from "./jobs/resume-jobs.ts";
import { startJob } from "./jobs/start-job.ts";
import { stopJob } from "./jobs/stop-job.ts";
import { watchJobs } from "./jobs/watch-jobs.ts";
import type { TranscodingDeps } from "./service.ts";

export type TranscodingRoutes = ReturnType<typeof createRoutes>;

export function createRoutes(deps: TranscodingDeps) {
  return createRouter()
    .openapi(contract.watchTranscodes, (c) =>
      eventStream(c, (signal) => watchJobs(deps, c.req.valid("query").upload_id, signal)),
    )
    .openapi(contract.startTranscode, async (c) => {
      const { upload_id, filename, network_speed } = c.req.valid("json");
      await startJob(deps, { videoId: upload_id, filename, networkSpeed: network_speed });
      return c.json({ status: "started" as const, upload_id }, 200);
    })
    .openapi(contract.getTranscodeStatus, (c) => c.json(describeJob(deps, c.req.valid("param").upload_id), 200))
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
    });
}
