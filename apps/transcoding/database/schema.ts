/** `transcoding.db`: a row a job with its plan, the ledger, and the subtitles. Times are epoch seconds with a fraction. */
import { Plan } from "@video-backend/media";
import { sql } from "drizzle-orm";
import { check, customType, index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { faultClasses, jobStates, stepNames, subtitleSources } from "../states.ts";

/** A plan as JSON, validated when it is read: what plans of before do not tell has its default then. */
const planColumn = customType<{ data: Plan; driverData: string }>({
  dataType: () => "text",
  toDriver: (plan) => JSON.stringify(plan),
  fromDriver: (json) => Plan.parse(JSON.parse(json)),
});

export const jobs = sqliteTable(
  "jobs",
  {
    videoId: text("video_id").primaryKey(),
    filename: text("filename").notNull(),
    /** Mbit/s that the viewer is said to have; decides which rungs are made. */
    networkSpeed: real("network_speed").notNull(),
    state: text("state", { enum: jobStates }).notNull(),
    /** Why it ended with an error, for people. */
    error: text("error"),
    /** The class of that reason. */
    fault: text("fault", { enum: faultClasses }),
    /** Written once; null until the source was examined. */
    plan: planColumn("plan"),
    /** What people call the video, as metadata said last; the playlists tell it. */
    title: text("title"),
    /** 1 where somebody asked metadata to stop it, so that taking that wish back sets it going again. */
    stoppedByWish: integer("stopped_by_wish").notNull().default(0),
    /** 1 since its playlists list something that plays; metadata tells of it, once. */
    isPlayable: integer("is_playable").notNull().default(0),
    /** How many changes metadata has not heard of; 0 when it knows all. */
    unreported: integer("unreported").notNull().default(0),
    createdAt: real("created_at").notNull(),
    startedAt: real("started_at"),
    finishedAt: real("finished_at"),
  },
  (table) => [check("jobs_state", sql`${table.state} in ('queued', 'running', 'ok', 'error', 'stopped')`)],
);

/** The steps that are done, with or without a result: a video of which no poster can be made is whole all the same. */
export const steps = sqliteTable(
  "steps",
  {
    videoId: text("video_id")
      .notNull()
      .references(() => jobs.videoId, { onDelete: "cascade" }),
    step: text("step", { enum: stepNames }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.videoId, table.step] })],
);

/** The ledger. A segment exists when its row does; the row is written after the file is in place. */
export const segments = sqliteTable(
  "segments",
  {
    videoId: text("video_id")
      .notNull()
      .references(() => jobs.videoId, { onDelete: "cascade" }),
    rendition: text("rendition").notNull(),
    index: integer("position").notNull(),
    /** 0 for an interval in which the source has nothing: looked at, and no file made. */
    bytes: integer("bytes").notNull(),
    /** Presentation time of the first sample, seconds from the start of the file. */
    startSeconds: real("start_seconds").notNull(),
    durationSeconds: real("duration_seconds").notNull(),
    /** From the file's start to the end of its first frame, a key frame; 0 where that is not known, and for audio. */
    keyFrameBytes: integer("key_frame_bytes").notNull().default(0),
    samples: integer("samples").notNull(),
    encoder: text("encoder").notNull(),
    /** File name of the init segment beside it. */
    init: text("init").notNull(),
    codec: text("codec").notNull(),
    madeAt: real("made_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.videoId, table.rendition, table.index] })],
);

/**
 * Subtitle tracks that were looked at. A track is played when its row is there without a reason; the row is written after
 * the files are in place.
 */
export const subtitles = sqliteTable(
  "subtitles",
  {
    videoId: text("video_id")
      .notNull()
      .references(() => jobs.videoId, { onDelete: "cascade" }),
    /** Below `hls/{id}/subtitles/`: `2-en` for the second track of the source, `en` for a sidecar. */
    folder: text("folder").notNull(),
    source: text("source", { enum: subtitleSources }).notNull(),
    codec: text("codec").notNull(),
    /** BCP 47. */
    language: text("language"),
    title: text("title"),
    isDefault: integer("is_default").notNull(),
    isForced: integer("is_forced").notNull(),
    /** Of a sidecar: when metadata's version of it was made, by which another version is known. */
    updatedAt: real("updated_at"),
    /** Why it is left out, for people. */
    reason: text("reason"),
    /** Character sets that cues were read in because they are not UTF-8, joined by commas. */
    charsets: text("charsets"),
  },
  (table) => [primaryKey({ columns: [table.videoId, table.folder] })],
);

/** Every ffmpeg that was run, and how it ended. */
export const attempts = sqliteTable(
  "attempts",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    videoId: text("video_id")
      .notNull()
      .references(() => jobs.videoId, { onDelete: "cascade" }),
    kind: text("kind", { enum: ["video", "audio"] }).notNull(),
    /** Names joined by commas; `poster` or `storyboard` for what is no rendition. */
    renditions: text("renditions").notNull(),
    first: integer("first").notNull(),
    count: integer("count").notNull(),
    demanded: integer("demanded").notNull(),
    encoder: text("encoder").notNull(),
    /** The arguments as JSON. */
    command: text("command").notNull(),
    startedAt: real("started_at").notNull(),
    seconds: real("seconds").notNull(),
    exitCode: integer("exit_code"),
    /** The last lines of stderr. */
    errors: text("errors").notNull(),
    fault: text("fault", { enum: faultClasses }),
  },
  (table) => [index("attempts_by_video").on(table.videoId)],
);

export type AttemptRow = typeof attempts.$inferSelect;
export type JobRow = typeof jobs.$inferSelect;
/** A job without its plan, which is long. */
export type JobSummary = Omit<JobRow, "plan">;
export type SegmentRow = typeof segments.$inferSelect;
export type SubtitleRow = typeof subtitles.$inferSelect;
