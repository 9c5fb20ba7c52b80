/** The HTTP surface of the janitor: what it finds, what it would do, and what it may do only when told. */
import { createRoute, z } from "@hono/zod-openapi";
import { exampleVideoId, integer, json, jsonBody, problems, VideoId } from "@video-backend/service/contract";

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

/** What becomes of it: the first three are done by themselves, `ask` waits for somebody who names it. */
export const findingActions = ["remove", "forget_chunks", "forget_upload", "ask", "keep"] as const;

export const Finding = z
  .object({
    kind: z.enum(findingKinds).openapi({
      description:
        "`expired_upload`: open, and nothing came for too long. `needless_source`: a folder of a source in the making " +
        "that no open upload has. `unacknowledged_chunk`: files of chunks that a crash left beside the source of an open " +
        "upload, whose senders had no answer. `lost_source`: an open upload whose source is gone from the disk. `lost_original`: a " +
        "finished upload whose original is gone. `original_without_upload`: an original that neither uploads nor videos " +
        "know. `original_of_deleted_video`: one whose upload is here and whose video is deleted or lost",
    }),
    upload_id: VideoId,
    bytes: z.number().openapi(integer("On the disk")),
    age_seconds: z
      .number()
      .nullable()
      .openapi({ description: "Since the last change, where anything is left that tells" }),
    why: z.string(),
    action: z.enum(findingActions).openapi({
      description:
        "`remove`, `forget_chunks` (the client sends them again) and `forget_upload` (nothing of it is left) are done by " +
        "themselves. `ask`: it may be the only copy of somebody's film, and is removed only when it is named in " +
        "`remove_originals`. `keep`: nothing is to be done, or it is not known what",
    }),
    done: z.boolean(),
    error: z.string().nullable().openapi({ description: "Why it could not be done" }),
  })
  .openapi("JanitorFinding");
export type Finding = z.infer<typeof Finding>;

export const JanitorReport = z
  .object({
    metadata_available: z.boolean().openapi({ description: "Without it no original is taken for one that nobody has" }),
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
      .openapi({ description: "Those of the findings with the action `ask` that are to go" }),
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
  tags,
  summary: "Inspect the storage",
  description: "Reports uploads and originals that do not match records or videos. Changes nothing.",
  responses: { 200: json(JanitorReport, "The findings", example) },
});

export const cleanStorage = createRoute({
  method: "post",
  path,
  operationId: "cleanStorage",
  tags,
  summary: "Clean the storage",
  description:
    "Inspects the storage, carries out the actions of the findings and deletes the originals that are named.",
  request: jsonBody(CleanUp, { remove_originals: [exampleVideoId] }, false),
  responses: {
    200: json(JanitorReport, "The findings, with what was done", example),
    ...problems({
      408: "The sender all but stopped",
      409: "An original that is named and may not go, since somebody has it; none was removed then",
      413: "More than a request of this kind needs",
      422: "Invalid request",
      503: "Metadata service unavailable: ...; without it nobody knows whose the named originals are",
    }),
  },
});
