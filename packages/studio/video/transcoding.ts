/** How a video's encoding stands: the parts of transcoding's and metadata's contracts that these pages read. */

export interface Transcoding {
  upload_id: string;
  overall: "running" | "ok" | "error" | "stopped";
  /** Percent of the whole job. */
  progress: number;
  playable: boolean;
  error?: string | undefined;
  /** Why it does not go on for now. */
  waiting?: string | undefined;
  source: SourceFacts | null;
  storyboard: string | null;
  qualities: Record<string, { status: string; message?: string | undefined }>;
  warnings: string[];
  subtitles: { name: string; language: string | null; source: "embedded" | "sidecar" }[];
}

export interface SourceFacts {
  container: string;
  video: {
    codec: string | null;
    pixel_format: string | null;
    resolution: string;
    frame_rate: number;
    variable_frame_rate: boolean;
    interlaced: boolean;
    range: string;
  } | null;
  audio: { codec: string; channels: number; sample_rate: number }[];
}

export type SegmentState = "made" | "making" | "demanded" | "failed" | "missing";

/** Consecutive segments in one state. */
export interface SegmentRun {
  state: SegmentState;
  /** Seconds. */
  from: number;
  to: number;
  segments: number;
}

export interface RenditionMap {
  name: string;
  kind: "video" | "audio";
  segments: number;
  made: number;
  runs: SegmentRun[];
  encoder: string | null;
  /** Times real time. */
  speed: number | null;
  remaining_seconds: number | null;
}

export interface SegmentMap {
  /** Seconds. */
  duration: number;
  segment_seconds: number;
  renditions: RenditionMap[];
  remaining_seconds: number | null;
}

export interface RenditionBitrate {
  name: string;
  kind: "video" | "audio";
  bytes: number;
  average_kbps: number | null;
  peak_kbps: number | null;
  /** A point a step. */
  kbps: (number | null)[];
}

export interface Bitrates {
  step_seconds: number;
  renditions: RenditionBitrate[];
}

export interface Attempt {
  renditions: string[];
  first_segment: number;
  segment_count: number;
  demanded: boolean;
  encoder: string;
  arguments: string[];
  /** Epoch seconds. */
  started_at: number;
  seconds: number;
  exit_code: number | null;
  errors: string;
  fault: "source" | "encoder" | "disk" | "stopped" | null;
}

export interface Captions {
  lang: string;
  label: string | null;
  bytes: number;
}
