CREATE TABLE `upload_tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`sha256` text NOT NULL,
	`title` text,
	`visibility` text,
	`max_bytes` integer,
	`expires_at` real NOT NULL,
	`upload_id` text
);
--> statement-breakpoint
ALTER TABLE `uploads` ADD `visibility` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `max_bytes` integer;