/** The HTTP surface of the janitor: what lies in the storage and belongs to no job, and its removal. */
import { createRoute, z } from "@hono/zod-openapi";
import { exampleVideoId, json, scope } from "@video-backend/service/contract";

export const Finding = z
  .object({
    kind: z.enum(["needless_workspace", "streams_without_job", "earlier_streams"]).openapi("TranscodingFindingKind", {
      description:
        "`needless_workspace`: copies of a source of which nothing is being made. `streams_without_job`: a folder below " +
        "hls/ without a job. `earlier_streams`: imported ones of a video whose own have been complete for six hours",
    }),
    upload_id: z.string().openapi({ description: "The name of the folder" }),
    action: z.enum(["remove", "start", "keep"]).openapi("TranscodingFindingAction", {
      description:
        "`remove`; `start`: metadata has the video, and it is made again of its original; `keep`: it may be the only copy " +
        "of a film, or nobody says whose it is",
    }),
    why: z.string(),
    done: z.boolean(),
    error: z.string().nullable().openapi({ description: "Why it could not be done" }),
  })
  .openapi("TranscodingFinding");
export type Finding = z.infer<typeof Finding>;

export const JanitorReport = z
  .object({
    metadata_available: z.boolean().openapi({ description: "Without it no streams are removed" }),
    findings: z.array(Finding),
  })
  .openapi("TranscodingJanitorReport");
export type JanitorReport = z.infer<typeof JanitorReport>;

const example: JanitorReport = {
  metadata_available: true,
  findings: [
    {
      kind: "streams_without_job",
      upload_id: exampleVideoId,
      action: "remove",
      why: "The video was deleted",
      done: false,
      error: null,
    },
  ],
};

const tags = ["Janitor"];
const path = "/transcode/janitor";

export const inspectStorage = createRoute({
  method: "get",
  path,
  operationId: "inspectStreams",
  ...scope("admin"),
  tags,
  summary: "Inspect the streams",
  description: "Reports folders of streams and workspaces that belong to no job. Changes nothing.",
  responses: { 200: json(JanitorReport, "The findings", example) },
});

export const cleanStorage = createRoute({
  method: "post",
  path,
  operationId: "cleanStreams",
  ...scope("admin"),
  tags,
  summary: "Clean the streams",
  description: "Inspects the streams and carries out the actions of the findings.",
  responses: { 200: json(JanitorReport, "The findings, with what was done", example) },
});
