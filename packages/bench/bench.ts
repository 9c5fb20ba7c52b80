/** What a part of the bench is given, and what it is. */
import type { World } from "@video-backend/testing";
import type { Clips } from "./clips.ts";
import type { Row } from "./rows.ts";

export interface Bench {
  clips: Clips;
  /** A directory of this run's own, gone at its end. */
  world: World;
  /** How often to measure: `count` times, or once where the run is to be short. */
  repetitions(count: number): number;
  /** Aborts when somebody interrupts; whatever waits must end then. */
  signal: AbortSignal;
  /** Writes what belongs to the result, on stdout. */
  print(text: string): void;
  /** Where a part draws what it measured. */
  plotPath: string;
  /** Tells a person how far it is. */
  say(sentence: string): void;
}

/** Measures, cleans up, and answers the rows of its table; rejects when it cannot be measured or is interrupted. */
export type Part = (bench: Bench) => Promise<Row[]>;
