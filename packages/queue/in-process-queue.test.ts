import { chunkQueueSuite } from "./chunk-queue.suite.ts";
import { createInProcessQueue } from "./in-process-queue.ts";

chunkQueueSuite("the in-process queue", createInProcessQueue);
