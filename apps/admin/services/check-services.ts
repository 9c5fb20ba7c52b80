/** The state of the system: what each of the others says of itself, all asked at once, and whether storage works. */
import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { folders } from "@video-backend/storage/layout";
import { z } from "zod";
import { ServiceState, type SystemStatus } from "../contract.ts";
import type { AdminDeps } from "../deps.ts";
import type { OtherService } from "./connect-services.ts";

/**
 * Health is asked by people who wait; one of the others that takes longer counts as away. On a machine whose processors are
 * all encoding an answer may take a second.
 */
const deadlineSeconds = 4;
/** Before a connection that was cut is tried once more: a service that is started again may have closed it. */
const retryMilliseconds = 250;

/** Never throws: that a service is away is the answer. */
export async function checkServices({ services, store }: AdminDeps): Promise<SystemStatus> {
  const [upload, transcoding, metadata, streaming, originals, hls] = await Promise.all([
    askHealth(services.upload),
    askHealth(services.transcoding),
    askHealth(services.metadata),
    askHealth(services.streaming),
    hasPlaceFor(store, folders.originals),
    hasPlaceFor(store, folders.streams),
  ]);
  const states = [upload, transcoding, metadata, streaming];
  const healthy = states.every((state) => state.status === "healthy") && originals && hls;
  return {
    services: {
      upload_service: upload,
      transcoding_service: transcoding,
      metadata_service: metadata,
      streaming_service: streaming,
    },
    storage: { originals, hls },
    overall: healthy ? "healthy" : "degraded",
  };
}

/** Before the first upload there is no such folder, and nothing is wrong: it is made when it is needed. */
async function hasPlaceFor(store: BlobStore, folder: string): Promise<boolean> {
  try {
    await store.check();
    return true;
  } catch {
    return store.exists(folder).catch(() => false);
  }
}

async function askHealth({ url, look }: OtherService): Promise<ServiceState> {
  const signal = AbortSignal.timeout(deadlineSeconds * 1000);
  const ask = async () => look(new Request(`${url}/health`, { signal }));
  try {
    const response = await ask().catch(async () => {
      await pause(retryMilliseconds, undefined, { signal });
      return ask();
    });
    const body: unknown = await response.json();
    const callees = await askCallees(new Request(`${url}/health/ready`, { signal }), look);
    return { status: response.ok ? "healthy" : "unhealthy", url, response: body, ...(callees && { callees }) };
  } catch (error) {
    return { status: "unavailable", url, error: messageOf(error) };
  }
}

const Ready = z.object({ callees: ServiceState.shape.callees });

/** Undefined where the service does not say. */
async function askCallees(request: Request, look: OtherService["look"]): Promise<ServiceState["callees"]> {
  try {
    return Ready.parse(await (await look(request)).json()).callees;
  } catch {
    return undefined;
  }
}
