CREATE TABLE `changes` (
	`sequence` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`hash` text NOT NULL,
	`changed_at` real NOT NULL
);
--> statement-breakpoint
CREATE TABLE `videos` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`hash` text NOT NULL,
	`filename` text NOT NULL,
	`title` text,
	`description` text,
	`thumbnail_filename` text,
	`original_resolution` text,
	`original_quality_label` text,
	`duration` real,
	`transcoding_status` text DEFAULT 'pending' NOT NULL,
	`error` text,
	`stopped` integer DEFAULT 0 NOT NULL,
	`created_at` real NOT NULL,
	`updated_at` real NOT NULL,
	CONSTRAINT "videos_stopped" CHECK("videos"."stopped" in (0, 1)),
	CONSTRAINT "videos_transcoding_status" CHECK("videos"."transcoding_status" in ('pending', 'transcoding', 'completed', 'failed'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `videos_hash_unique` ON `videos` (`hash`);--> statement-breakpoint
CREATE INDEX `videos_by_creation` ON `videos` (`created_at`);