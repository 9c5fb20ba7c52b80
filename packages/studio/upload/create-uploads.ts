/**
 * The uploads of this page and what a reader may do with them. Everything outside is handed in, so that tests can break the
 * line and reload the page without either.
 */
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import PQueue from "p-queue";
import { Refusal } from "../shell/ask.ts";
import { texts } from "../texts.ts";
import { type Again, untilItPasses } from "./again.ts";
import { bytesWithout, planChunks } from "./chunk-plan.ts";
import { refusalWords } from "./refusal-words.ts";
import type { RememberedUploads } from "./remembered-uploads.ts";
import { sendFile } from "./send-file.ts";
import { createSpeedometer, type Speedometer } from "./speedometer.ts";
import type { Transport } from "./transport.ts";
import type { ChosenFile, RememberedUpload, Upload } from "./upload.ts";

export interface Uploads {
  /** In the order in which they were given. */
  list: ReadonlySignal<Upload[]>;
  /** Begins to upload files; one that is in the list already, interrupted or paused, is gone on with. */
  add(files: ChosenFile[]): void;
  /** Takes up what an earlier visit left unfinished. */
  restore(): Promise<void>;
  pause(upload: Upload): void;
  resume(upload: Upload): void;
  /** Goes on with an interrupted one: with this file, or with the handle that was kept. */
  continueWith(upload: Upload, file?: File): Promise<void>;
  /** Whether the file can be read again without asking for it. */
  hasHandle(upload: Upload): boolean;
  /** Ends it, and has the server forget what it has of it. */
  cancel(upload: Upload): Promise<void>;
  /** Takes what is done or refused from the list. */
  dismiss(upload: Upload): void;
}

export interface UploadsDeps {
  transport: Transport;
  remembered: RememberedUploads;
  wait: Again["wait"];
  /** Seconds of a clock that does not jump. */
  now: () => number;
  /** False where another tab is at work on it. */
  claim: (videoId: string) => Promise<boolean>;
}

/** Chunks at the same time, over all files: browsers open six connections to an address, and the page needs some. */
const lanesAtOnce = 3;

/** What is not for the eye. */
interface Working {
  file: File | null;
  handle: FileSystemFileHandle | null;
  lastModified: number;
  chunkBytes: number | undefined;
  abort: AbortController | null;
  speedometer: Speedometer;
}

export function createUploads(deps: UploadsDeps): Uploads {
  const { transport, remembered, wait, now } = deps;
  const list = signal<Upload[]>([]);
  const lanes = new PQueue({ concurrency: lanesAtOnce });
  const workings = new WeakMap<Upload, Working>();
  let nextKey = 1;

  function enlist(name: string, sizeBytes: number, more: Partial<Working>): Upload {
    const upload: Upload = {
      key: nextKey++,
      name,
      sizeBytes,
      phase: signal("waiting"),
      sentBytes: signal(0),
      bytesPerSecond: signal(null),
      sentence: signal(null),
      videoId: signal(null),
    };
    const speedometer = createSpeedometer(now);
    const none = { file: null, handle: null, lastModified: 0, chunkBytes: undefined, abort: null };
    workings.set(upload, { ...none, speedometer, ...more });
    list.value = [...list.value, upload];
    return upload;
  }

  const workingOf = (upload: Upload): Working => {
    const working = workings.get(upload);
    if (!working) throw new Error(`${upload.name} is no upload of this page`);
    return working;
  };

  /** One run, from wherever it stands to its end, a pause or a refusal. */
  async function run(upload: Upload): Promise<void> {
    const working = workingOf(upload);
    const { file, speedometer } = working;
    if (!file || working.abort) return;
    const abort = new AbortController();
    working.abort = abort;
    speedometer.reset();
    batch(() => {
      upload.phase.value = "waiting";
      upload.sentence.value = null;
      upload.bytesPerSecond.value = null;
    });
    const again: Again = {
      signal: abort.signal,
      wait,
      onTrouble(refusal) {
        if (abort.signal.aborted) return;
        speedometer.reset();
        upload.sentence.value = refusal?.message ?? null;
        upload.phase.value = refusal ? "retrying" : "sending";
        upload.bytesPerSecond.value = null;
      },
    };
    try {
      await send(upload, working, file, again);
      await remembered.forget(upload.videoId.value ?? "");
      upload.phase.value = "done";
    } catch (error) {
      if (abort.signal.aborted) return;
      batch(() => {
        upload.phase.value = "refused";
        upload.sentence.value = refusalWords(error);
      });
    } finally {
      if (working.abort === abort) working.abort = null;
    }
  }

  async function send(upload: Upload, working: Working, file: File, again: Again): Promise<void> {
    const { signal } = again;
    const plan = planChunks(upload.sizeBytes, working.chunkBytes);
    let missing = Array.from({ length: plan.count }, (_, index) => index);
    if (upload.videoId.value === null) {
      const begun = {
        filename: file.name,
        total_chunks: plan.count,
        file_size: file.size,
        chunk_size: plan.chunkBytes,
      };
      const id = await untilItPasses(() => transport.begin(begun, signal), again);
      working.chunkBytes = plan.chunkBytes;
      upload.videoId.value = id;
      const { name, lastModified } = file;
      const { handle } = working;
      await deps.claim(id);
      await remembered.keep({
        videoId: id,
        name,
        sizeBytes: file.size,
        lastModified,
        chunkBytes: plan.chunkBytes,
        handle,
      });
    } else {
      const id = upload.videoId.value;
      const state = await untilItPasses(() => transport.look(id, signal), again);
      if (!state) {
        await remembered.forget(id);
        upload.videoId.value = null;
        throw new Refusal(404, texts.upload.expired);
      }
      missing = state.missing;
    }
    const onSent = (bytes: number) => {
      working.speedometer.note(bytes);
      batch(() => {
        upload.sentBytes.value = bytes;
        upload.bytesPerSecond.value = working.speedometer.bytesPerSecond();
      });
    };
    await sendFile({
      ...again,
      file,
      plan,
      missing,
      transport,
      lanes,
      uploadId: upload.videoId.value ?? "",
      onSent,
      onBegin() {
        if (upload.phase.value === "waiting") upload.phase.value = "sending";
      },
      onFinishing() {
        upload.phase.value = "finishing";
      },
    });
  }

  function stop(upload: Upload): void {
    const working = workingOf(upload);
    working.abort?.abort();
    working.abort = null;
  }

  async function takeUp(record: RememberedUpload): Promise<void> {
    const isListed = list.value.some((upload) => upload.videoId.value === record.videoId);
    if (isListed || !(await deps.claim(record.videoId))) return;
    const { name, sizeBytes, lastModified, chunkBytes, handle, videoId } = record;
    const state = await transport.look(videoId, AbortSignal.timeout(10_000)).catch(() => undefined);
    if (state === null) return remembered.forget(videoId);
    const upload = enlist(name, sizeBytes, { handle, lastModified, chunkBytes });
    batch(() => {
      upload.videoId.value = videoId;
      upload.phase.value = "interrupted";
      if (state) upload.sentBytes.value = bytesWithout(planChunks(sizeBytes, chunkBytes), state.missing);
    });
    if (state?.missing.length === 0) {
      // Only its end was not heard of; for that the file is not needed.
      workingOf(upload).file = new File([], name);
      await run(upload);
    } else if (handle && (await allows(handle, "queryPermission"))) {
      await continueWith(upload);
    }
  }

  async function continueWith(upload: Upload, given?: File): Promise<void> {
    const working = workingOf(upload);
    const { handle } = working;
    let file = given ?? null;
    if (!file && handle && (await allows(handle, "requestPermission"))) file = await handle.getFile().catch(() => null);
    const isSame = file?.size === upload.sizeBytes && (given ? file.name === upload.name : true);
    if (!file || !isSame) {
      working.handle = null;
      upload.sentence.value = file ? texts.upload.otherFile(upload.name, upload.sizeBytes) : texts.upload.unreadable;
      return;
    }
    working.file = file;
    await run(upload);
  }

  async function cancel(upload: Upload): Promise<void> {
    stop(upload);
    list.value = list.value.filter((other) => other !== upload);
    const id = upload.videoId.value;
    if (id === null) return;
    await remembered.forget(id);
    // What cannot be told is forgotten by the server in time.
    await transport.abandon(id).catch(() => undefined);
  }

  const isOf = (upload: Upload, file: File): boolean =>
    upload.name === file.name && upload.sizeBytes === file.size && workingOf(upload).lastModified === file.lastModified;

  return {
    list,
    add(files) {
      for (const { file, handle } of files) {
        const same = list.value.find((upload) => isOf(upload, file) && !isOver(upload));
        if (!same) void run(enlist(file.name, file.size, { file, handle, lastModified: file.lastModified }));
        else if (same.phase.value === "interrupted") void continueWith(same, file);
        else if (same.phase.value === "paused") void run(same);
      }
    },
    async restore() {
      for (const record of await remembered.all()) await takeUp(record);
    },
    pause(upload) {
      stop(upload);
      batch(() => {
        upload.phase.value = "paused";
        upload.sentence.value = null;
        upload.bytesPerSecond.value = null;
      });
    },
    resume: (upload) => void run(upload),
    continueWith,
    hasHandle: (upload) => workingOf(upload).handle !== null,
    cancel,
    dismiss(upload) {
      if (upload.phase.value === "refused") void cancel(upload);
      else list.value = list.value.filter((other) => other !== upload);
    },
  };
}

const isOver = ({ phase }: Upload): boolean => phase.value === "done" || phase.value === "refused";

/** Part of the File System Access API, which TypeScript's library does not know yet. */
interface Permitting {
  queryPermission?(options: { mode: "read" }): Promise<PermissionState>;
  requestPermission?(options: { mode: "read" }): Promise<PermissionState>;
}

async function allows(handle: FileSystemFileHandle, ask: keyof Permitting): Promise<boolean> {
  const permitting = handle as Permitting;
  const answer = await permitting[ask]?.({ mode: "read" }).catch(() => "denied" as const);
  return answer === "granted";
}
