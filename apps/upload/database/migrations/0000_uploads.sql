CREATE TABLE `chunks` (
	`upload_id` text NOT NULL,
	`index` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`received_at` real NOT NULL,
	PRIMARY KEY(`upload_id`, `index`),
	FOREIGN KEY (`upload_id`) REFERENCES `uploads`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "chunks_index" CHECK("chunks"."index" >= 0)
);
--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`filename` text NOT NULL,
	`title` text,
	`total_chunks` integer NOT NULL,
	`file_size_bytes` integer,
	`chunk_size_bytes` integer,
	`state` text DEFAULT 'receiving' NOT NULL,
	`source_size_bytes` integer,
	`failed_tries` integer DEFAULT 0 NOT NULL,
	`next_try_at` real DEFAULT 0 NOT NULL,
	`error` text,
	`created_at` real NOT NULL,
	`updated_at` real NOT NULL,
	CONSTRAINT "uploads_state" CHECK("uploads"."state" in ('receiving', 'assembling', 'assembled', 'registered', 'handed_over', 'refused')),
	CONSTRAINT "uploads_total_chunks" CHECK("uploads"."total_chunks" between 1 and 100000),
	CONSTRAINT "uploads_source_size" CHECK(("uploads"."state" in ('receiving', 'assembling')) = ("uploads"."source_size_bytes" is null))
);
--> statement-breakpoint
CREATE INDEX `uploads_by_next_try` ON `uploads` (`state`,`next_try_at`);