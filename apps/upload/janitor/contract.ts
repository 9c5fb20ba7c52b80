/** The HTTP surface of the janitor: its findings, their actions, and which of them must be named. */
import { createRoute, z } from "@hono/zod-openapi";
import { exampleVideoId, integer, json, jsonBody, problems, scope, VideoId } from "@video-backend/service/contract";

/** What may be wrong between rows, folders and the videos that metadata knows. */
export const findingKinds = [
  "expired_upload",
  "needless_source",
  "unacknowledged_chunk",
  "lost_source",
  "lost_original",
  "original_without_upload",
  "original_of_deleted_video",
] as const;

/** The action of a finding: the first three are automatic, `ask` waits until it is named. */
export const findingActions = ["remove", "forget_chunks", "forget_upload", "ask", "keep"] as const;

export const Finding = z
  .object({
    kind: z.enum(findingKinds).openapi({
      description:
        "`expired_upload`: open, and idle for too long. `needless_source`: a folder of a source without an open upload. " +
        "`unacknowledged_chunk`: files of chunks without a row, left by a crash. `lost_source`: an open upload whose source is " +
        "lost. `lost_original`: a finished upload whose original is lost. `original_without_upload`: an original with neither " +
        "an upload nor a video. `original_of_deleted_video`: an original whose upload exists and whose video is deleted or lost",
    }),
    upload_id: VideoId,
    bytes: z.number().openapi(integer("On the disk")),
    age_seconds: z.number().nullable().openapi({ description: "Since the last change; null if it is not known" }),
    why: z.string(),
    action: z.enum(findingActions).openapi({
      description:
        "`remove`, `forget_chunks` (the client sends them again) and `forget_upload` (its files are lost) are automatic. " +
        "`ask`: it may be the only copy of a video, and is removed only when it is named in `remove_originals`. `keep`: " +
        "nothing is done",
    }),
    done: z.boolean(),
    error: z.string().nullable().openapi({ description: "Why the action failed" }),
  })
  .openapi("JanitorFinding");
export type Finding = z.infer<typeof Finding>;

export const JanitorReport = z
  .object({
    metadata_available: z.boolean().openapi({ description: "While it is false, no original is reported as unowned" }),
    findings: z.array(Finding),
  })
  .openapi("JanitorReport");
export type JanitorReport = z.infer<typeof JanitorReport>;

const mostIds = 1000;

export const CleanUp = z
  .object({
    remove_originals: z
      .array(VideoId)
      .max(mostIds)
      .default([])
      .openapi({ description: "Ids of findings with the action `ask` whose originals are removed" }),
  })
  .openapi("CleanUp");

const example: JanitorReport = {
  metadata_available: true,
  findings: [
    {
      kind: "original_without_upload",
      upload_id: exampleVideoId,
      bytes: 12_582_912,
      age_seconds: 86_400,
      why: "Neither an upload nor a video has this original",
      action: "ask",
      done: false,
      error: null,
    },
  ],
};

const tags = ["Janitor"];
const path = "/upload/janitor";

export const inspectStorage = createRoute({
  method: "get",
  path,
  operationId: "inspectStorage",
  ...scope("admin"),
  tags,
  summary: "Inspect the storage",
  description: "Reports uploads and originals that do not match records or videos. Changes nothing.",
  responses: { 200: json(JanitorReport, "The findings", example) },
});

export const cleanStorage = createRoute({
  method: "post",
  path,
  operationId: "cleanStorage",
  ...scope("admin"),
  tags,
  summary: "Clean the storage",
  description:
    "Inspects the storage, carries out the actions of the findings and deletes the originals that are named.",
  request: jsonBody(CleanUp, { remove_originals: [exampleVideoId] }, false),
  responses: {
    200: json(JanitorReport, "The findings, with what was done", example),
    ...problems({
      408: "The sender is too slow",
      409: "An original that is named has an upload or a video; none was removed",
      413: "The request is too large",
      422: "Invalid request",
      503: "Metadata service unavailable: ..., so that the named originals cannot be checked",
    }),
  },
});
