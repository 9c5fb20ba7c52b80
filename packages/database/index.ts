export {
  checkDatabase,
  DatabaseBusyError,
  isDatabaseBusy,
  type Patience,
  retryWhileBusy,
  untilWritable,
} from "./busy.ts";
export { type OpenDatabaseOptions, openDatabase, type ServiceDatabase } from "./open-database.ts";
