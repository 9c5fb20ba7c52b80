CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`sha256` text NOT NULL,
	`key_id` text NOT NULL,
	`created_at` real NOT NULL,
	`expires_at` real NOT NULL,
	FOREIGN KEY (`key_id`) REFERENCES `api_keys`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_sha256_unique` ON `sessions` (`sha256`);--> statement-breakpoint
CREATE INDEX `sessions_by_expiry` ON `sessions` (`expires_at`);