-- Written by hand: a table that others refer to cannot be dropped without its rows' dependents, so the chunks go aside first.
CREATE TABLE `__old_chunks` AS SELECT `upload_id`, `index`, `offset_bytes`, `size_bytes`, `received_at` FROM `chunks` WHERE `whole`;--> statement-breakpoint
CREATE INDEX `__old_chunks_by_upload` ON `__old_chunks` (`upload_id`);--> statement-breakpoint
DROP TABLE `chunks`;--> statement-breakpoint
CREATE TABLE `__new_uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`filename` text NOT NULL,
	`stored_name` text,
	`title` text,
	`total_chunks` integer NOT NULL,
	`file_size_bytes` integer,
	`chunk_size_bytes` integer,
	`received_bytes` integer DEFAULT 0 NOT NULL,
	`appended_bytes` integer,
	`source_url` text,
	`source_validator` text,
	`fetch_given_up` integer DEFAULT false NOT NULL,
	`upload_metadata` text,
	`client` text,
	`state` text DEFAULT 'receiving' NOT NULL,
	`source_size_bytes` integer,
	`expected_sha256` text,
	`sha256` text,
	`sha256_told` integer DEFAULT false NOT NULL,
	`failed_tries` integer DEFAULT 0 NOT NULL,
	`next_try_at` real DEFAULT 0 NOT NULL,
	`error` text,
	`created_at` real NOT NULL,
	`updated_at` real NOT NULL,
	CONSTRAINT "uploads_state" CHECK("state" in ('receiving', 'completing', 'stored', 'registered', 'handed_over', 'refused')),
	CONSTRAINT "uploads_total_chunks" CHECK("total_chunks" between 1 and 100000),
	CONSTRAINT "uploads_source_size" CHECK(("state" in ('receiving', 'completing')) = ("source_size_bytes" is null))
);
--> statement-breakpoint
INSERT INTO `__new_uploads`("id", "filename", "stored_name", "title", "total_chunks", "file_size_bytes", "chunk_size_bytes", "received_bytes", "appended_bytes", "source_url", "source_validator", "fetch_given_up", "upload_metadata", "client", "state", "source_size_bytes", "sha256", "sha256_told", "failed_tries", "next_try_at", "error", "created_at", "updated_at") SELECT "id", "filename", "stored_name", "title", "total_chunks", "file_size_bytes", "chunk_size_bytes", coalesce((SELECT sum(`size_bytes`) FROM `__old_chunks` WHERE `upload_id` = `uploads`.`id`), 0), "appended_bytes", "source_url", "source_validator", "fetch_given_up", "upload_metadata", "client", CASE "state" WHEN 'assembling' THEN 'completing' WHEN 'assembled' THEN 'stored' ELSE "state" END, "source_size_bytes", "sha256", "sha256_told", "failed_tries", "next_try_at", "error", "created_at", "updated_at" FROM `uploads`;--> statement-breakpoint
DROP TABLE `uploads`;--> statement-breakpoint
ALTER TABLE `__new_uploads` RENAME TO `uploads`;--> statement-breakpoint
CREATE INDEX `uploads_by_next_try` ON `uploads` (`state`,`next_try_at`);--> statement-breakpoint
CREATE INDEX `uploads_by_sha256` ON `uploads` (`sha256`);--> statement-breakpoint
CREATE TABLE `chunks` (
	`upload_id` text NOT NULL,
	`index` integer NOT NULL,
	`offset_bytes` integer,
	`spool` text,
	`size_bytes` integer NOT NULL,
	`received_at` real NOT NULL,
	PRIMARY KEY(`upload_id`, `index`),
	FOREIGN KEY (`upload_id`) REFERENCES `uploads`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "chunks_index" CHECK("index" >= 0),
	CONSTRAINT "chunks_one_place" CHECK(("offset_bytes" is null) = ("spool" is not null))
);
--> statement-breakpoint
INSERT INTO `chunks`("upload_id", "index", "offset_bytes", "size_bytes", "received_at") SELECT "upload_id", "index", "offset_bytes", "size_bytes", "received_at" FROM `__old_chunks`;--> statement-breakpoint
DROP TABLE `__old_chunks`;--> statement-breakpoint
CREATE INDEX `chunks_in_source` ON `chunks` (`upload_id`,`index`) WHERE "chunks"."offset_bytes" is not null;--> statement-breakpoint
CREATE INDEX `chunks_in_spools` ON `chunks` (`upload_id`,`index`) WHERE "chunks"."spool" is not null;
