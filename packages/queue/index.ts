export type { ChunkQueue, ChunkQueueOptions, Task } from "./chunk-queue.ts";
export { createInProcessQueue, createLimiter, type Limiter } from "./in-process-queue.ts";
