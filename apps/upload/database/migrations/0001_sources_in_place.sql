-- Where the chunks of an open upload belong was not kept before: they have to come again.
DROP TABLE `chunks`;--> statement-breakpoint
CREATE TABLE `chunks` (
	`upload_id` text NOT NULL,
	`index` integer NOT NULL,
	`offset_bytes` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`whole` integer DEFAULT true NOT NULL,
	`received_at` real NOT NULL,
	PRIMARY KEY(`upload_id`, `index`),
	FOREIGN KEY (`upload_id`) REFERENCES `uploads`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "chunks_index" CHECK("chunks"."index" >= 0)
);
--> statement-breakpoint
UPDATE `uploads` SET `state` = 'receiving' WHERE `state` = 'assembling';--> statement-breakpoint
ALTER TABLE `uploads` ADD `stored_name` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `learned_chunk_size_bytes` integer;--> statement-breakpoint
ALTER TABLE `uploads` ADD `appended_bytes` integer;--> statement-breakpoint
ALTER TABLE `uploads` ADD `source_url` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `client` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `sha256` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `sha256_told` integer DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX `uploads_by_sha256` ON `uploads` (`sha256`);