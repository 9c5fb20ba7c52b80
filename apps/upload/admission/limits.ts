/** How much is taken, and for how long an upload may lie still. The operator's to set; `config.ts` has the defaults. */
export interface Limits {
  maxFileBytes: number;
  maxChunkBytes: number;
  maxChunks: number;
  /** Uploads of one client that are begun and not complete. */
  openUploadsPerClient: number;
  /** An upload that nothing came to for so long is forgotten, and its space is free again. */
  idleSeconds: number;
  /** A sender that all but stops is given up after so long. */
  stallSeconds: number;
  /** Bytes of a file's ladder for each of its own, as far as room for it is kept. */
  ladderRatio: number;
  /** Never promised to anybody. */
  lowWaterBytes: number;
}
