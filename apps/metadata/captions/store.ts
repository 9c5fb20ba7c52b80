/** The store of captions. `captions.suite.ts` is its specification; an adapter per database implements it. */

/** One file of captions, without its text. */
export interface CaptionsRecord {
  hash: string;
  /** BCP 47, canonical. */
  lang: string;
  /** The label in a player's menu; null for the name of the language. */
  label: string | null;
  /** Size of the WebVTT. */
  bytes: number;
  /** Epoch seconds; differs between two versions, also within the same millisecond. */
  updatedAt: number;
}

export interface NewCaptionsRecord extends Pick<CaptionsRecord, "hash" | "lang" | "label"> {
  /** Normalised WebVTT, whatever format was sent. */
  webvtt: string;
}

/** Every method is atomic, and one that changes captions adds the change to the feed in the same transaction. */
export interface CaptionsStore {
  /** The WebVTT; null if there is none. */
  findText(hash: string, lang: string): Promise<string | null>;
  /** Of one video, by language; of all videos without a hash. */
  list(hash?: string): Promise<CaptionsRecord[]>;
  /** Adds or replaces. Saving what is stored already changes nothing and adds nothing to the feed. Null if there is no such video. */
  save(captions: NewCaptionsRecord): Promise<CaptionsRecord | null>;
  /** False if there were none. */
  delete(hash: string, lang: string): Promise<boolean>;
}
