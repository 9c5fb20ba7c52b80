export { checkDatabase, type OpenDatabaseOptions, openDatabase, type ServiceDatabase } from "./open-database.ts";
