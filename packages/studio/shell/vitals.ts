/**
 * Who of the five is there. Looked at every quarter of a minute, at once after an answer that tells of trouble, and often
 * while there is some, so that what is said of it is soon true and soon taken back.
 */
import { effect, signal } from "@preact/signals";
import { ask, Refusal, sentenceOf, troubles } from "./ask.ts";
import { keepLooking } from "./keep-looking.ts";
import type { ServiceName } from "./settings.ts";

export interface Vital {
  status: "healthy" | "unhealthy" | "unavailable";
  /** Why it is not healthy; null while it is. */
  reason: string | null;
  /** The services that do not answer it. */
  unreached: string[];
}

export interface Vitals {
  services: Record<ServiceName, Vital>;
  /** Whether there is a place for originals and streams. */
  storage: { originals: boolean; hls: boolean };
  isWell: boolean;
}

interface ServiceState {
  status: Vital["status"];
  response?: { failed?: Record<string, string> };
  error?: string;
  /** By service, how its calls there fare. */
  callees?: Record<string, "closed" | "open" | "half_open">;
}

interface SystemStatus {
  services: Record<`${Exclude<ServiceName, "admin">}_service`, ServiceState>;
  storage: Vitals["storage"];
  overall: "healthy" | "degraded";
}

const calmSeconds = 15;
const troubledSeconds = 2;

/** Null until the first answer. While nobody answers at all, the others are as they were last seen. */
export const vitals = signal<Vitals | null>(null);

/** Looks until the function that comes back is called. */
export function watchVitals(): () => void {
  const looking = keepLooking(async (closing) => {
    try {
      const signal = AbortSignal.any([closing, AbortSignal.timeout(8000)]);
      vitals.value = vitalsOf(await ask<SystemStatus>("/admin/status", { signal }));
    } catch (error) {
      const reason = error instanceof Refusal ? null : sentenceOf(error);
      vitals.value = withoutAdmin(vitals.value, reason);
    }
    return vitals.value.isWell ? calmSeconds : troubledSeconds;
  });
  let seen = troubles.peek();
  const endWatching = effect(() => {
    if (troubles.value !== seen && vitals.peek()?.isWell !== false) looking.now();
    seen = troubles.value;
  });
  return () => {
    looking.stop();
    endWatching();
  };
}

function vitalsOf({ services, storage, overall }: SystemStatus): Vitals {
  const vital = ({ status, response, error, callees = {} }: ServiceState): Vital => ({
    status,
    reason: status === "healthy" ? null : (error ?? failedChecks(response?.failed)),
    unreached: Object.keys(callees).filter((name) => callees[name] !== "closed"),
  });
  return {
    services: {
      upload: vital(services.upload_service),
      transcoding: vital(services.transcoding_service),
      metadata: vital(services.metadata_service),
      streaming: vital(services.streaming_service),
      admin: { status: "healthy", reason: null, unreached: [] },
    },
    storage,
    isWell: overall === "healthy",
  };
}

const failedChecks = (failed: Record<string, string> = {}): string | null =>
  Object.entries(failed)
    .map(([check, reason]) => `${check}: ${reason}`)
    .join("; ") || null;

const well: Vital = { status: "healthy", reason: null, unreached: [] };

function withoutAdmin(before: Vitals | null, reason: string | null): Vitals {
  const services = before?.services ?? {
    upload: well,
    transcoding: well,
    metadata: well,
    streaming: well,
    admin: well,
  };
  return {
    services: { ...services, admin: { status: "unavailable", reason, unreached: [] } },
    storage: before?.storage ?? { originals: true, hls: true },
    isWell: false,
  };
}
