CREATE TABLE `expired_uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`filename` text NOT NULL,
	`title` text,
	`received_bytes` integer NOT NULL,
	`created_at` real NOT NULL,
	`expired_at` real NOT NULL
);
