export { createInProcessQueue } from "./in-process-queue.ts";
export {
  type Task,
  TaskCancelledError,
  type TaskEvent,
  type TaskHandler,
  type TaskInQueue,
  type TaskQueue,
} from "./task-queue.ts";
