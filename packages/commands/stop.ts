/** `bun run stop`: ends what `bun run start` left running for this STORAGE_DIR, and returns when it is gone. */
import { orExit } from "@video-backend/service/serve";
import { pidFileOf } from "./processes/pid-file.ts";
import { stopSupervisor } from "./processes/stop-supervisor.ts";
import { readSetup } from "./services.ts";

const { storageDir } = await orExit(() => readSetup(process.env));
const pid = await stopSupervisor(pidFileOf(storageDir));
console.log(pid === null ? `Nothing is running for ${storageDir}.` : `Stopped all services (supervisor ${pid}).`);
