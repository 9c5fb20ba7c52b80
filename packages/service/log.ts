/** Structured logs: one JSON object a line on stdout. No secret goes in: headers and bodies are never logged. */
import { type Logger, pino } from "pino";

export type Log = Logger;

/** The log of one service; every line carries its name. */
export function createLog(service: string, level = "info"): Log {
  return pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime });
}
