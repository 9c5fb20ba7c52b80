import { createInProcessQueue } from "./in-process-queue.ts";
import { taskQueueSuite } from "./task-queue.suite.ts";

taskQueueSuite("the in-process queue", createInProcessQueue);
